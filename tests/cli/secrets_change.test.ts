/** `aivault secrets show`, `list`, `update`, `rotate` and `delete`, and how each finds its secret. */
import assert from "node:assert/strict";
import test from "node:test";
import { withSession } from "../helpers/session.ts";
import { bytesOf, valueOf } from "./vault_of.ts";

const options = { timeout: 120_000 };
const env = { AIVAULT_DIR: "<dir>/vault" };

interface Shown {
  readonly secret: { readonly id: string; readonly name: string; readonly valueVersion: number };
}

test(
  "a secret is found by id, vault:secret:<id>, name and alias, as an argument or as --id",
  options,
  () =>
    withSession(async (session) => {
      const { secret: { id } } = await session.json(
        "aivault secrets create A --alias B --value v --json",
      ) as Shown;
      for (const ref of [id, id.toUpperCase(), `vault:secret:${id}`, "A", "B"]) {
        for (const argument of [ref, `--id ${ref}`]) {
          const { secret } = await session.json(`aivault secrets show ${argument} --json`) as Shown;
          assert.equal(secret.id, id, argument);
        }
      }
      await session.check(`
      $ aivault secrets rotate B --value w
      rotated A to version 2 (<id>)
      ! warning: other users can read --value in the list of processes; --value-file - is safer

      $ aivault secrets update vault:secret:${id} --alias C
      updated A (<id>)

      $ aivault secrets show A --id A
      ! aivault: show a secret: the secret was named twice
      ! hint: name it once, as an argument or with --id
      [2]

      $ aivault secrets show
      ! aivault: show a secret: no secret was named
      ! hint: name it once, as an argument or with --id
      [2]

      $ aivault secrets delete --id C
      deleted C (<id>)

      $ aivault secrets show ${id}
      ! aivault: show secret "<id>": there is no secret of this id
      [4]
    `);
    }, env),
);

test(
  "a name is looked up in the scope that is named, and nowhere else",
  options,
  () =>
    withSession(async (session) => {
      const ids: string[] = [];
      for (const scope of ["", "--workspace-id w", "--workspace-id w --group-id g"]) {
        const line = `aivault secrets create A --value v ${scope} --json`;
        ids.push((await session.json(line) as Shown).secret.id);
        const { secret } = await session.json(`aivault secrets show A ${scope} --json`) as Shown;
        assert.equal(secret.id, ids.at(-1));
      }
      assert.equal(new Set(ids).size, 3);
      await session.check(`
      $ aivault secrets show A --workspace-id other
      ! aivault: show secret "A": there is no such secret in scope workspace other
      ! hint: see what there is: aivault secrets list
      [4]

      $ aivault secrets delete A --workspace-id w
      deleted A (<id>)

      $ aivault secrets rotate A --workspace-id w --value-file /dev/null
      ! aivault: rotate secret "A": the value is empty
      [2]
    `);
      const left = await session.json("aivault secrets list --json") as {
        secrets: { id: string }[];
      };
      assert.deepEqual(left.secrets.map(({ id }) => id).sort(), [ids[0], ids[2]].sort());
      // An id needs no scope, and a wrong one does not hide it.
      await session.json(`aivault secrets show ${ids[2]} --json`);
    }, env),
);

test(
  "secrets list prints metadata in the order of scopes and names, of all scopes or of one",
  options,
  () =>
    withSession(async ({ check, run }) => {
      await check(`
      $ aivault status --json >/dev/null && aivault secrets list
      no secrets
      ! initialised a vault in <dir>/vault; its key is in key file <dir>/vault/kek.key
    `);
      await run("printf 'b=1\\na=2\\nGITHUB_TOKEN=3\\n' | aivault secrets import --entry-file -");
      await run("aivault secrets create w --value 4 --workspace-id w");
      await check(`
      $ aivault secrets list | sed 's/  *[0-9a-f-]*$//'
      NAME          SCOPE        PINNED TO  VERSION  UPDATED               ID
      GITHUB_TOKEN  global       github     1        <time>
      a             global       -          1        <time>
      b             global       -          1        <time>
      w             workspace w  -          1        <time>

      $ aivault secrets list --workspace-id w | wc -l
      2

      $ aivault secrets list --scope global | wc -l
      4

      $ aivault secrets list --workspace-id other
      no secrets
    `);
    }, env),
);

test(
  "secrets show prints every fact but the value, and when it was last used",
  options,
  () =>
    withSession(async (session) => {
      await session.run(
        "aivault secrets create OPENAI_API_KEY --value sk-1 --alias B --alias A --expires-at 2030-01-31",
      );
      await session.run(
        "aivault secrets attach-group OPENAI_API_KEY --workspace-id w --group-id g",
      );
      await session.check(`
      $ aivault secrets show A
      name       OPENAI_API_KEY
      id         <id>
      scope      global
      aliases    A, B
      groups     w/g
      pinned to  openai
      version    1
      created    <time>
      updated    <time>
      expires    2030-01-31T00:00:00Z
      last used  never
    `.replace("2030-01-31T00:00:00Z", "<time>"));
      await valueOf(session, "A");
      const { stdout } = await session.run("aivault secrets show A");
      assert.match(stdout, /^last used {2}\d{4}-\d\d-\d\dT/m);
    }, env),
);

test(
  "secrets update changes name, aliases and expiry, and leaves what is not given",
  options,
  () =>
    withSession(async (session) => {
      const { check, json } = session;
      await json(
        "aivault secrets create A --value v --alias B --alias C --expires-at 2030-01-31 --json",
      );
      await json("aivault secrets create TAKEN --value t --json");
      const seen = async (): Promise<unknown> => {
        const { secret } = await json("aivault secrets show NEW --json") as {
          secret: { aliases: string[]; expiresAtMs: number | null };
        };
        return [secret.aliases, secret.expiresAtMs];
      };
      await check(`
      $ aivault secrets update A --name NEW
      updated NEW (<id>)

      $ aivault secrets show A
      ! aivault: show secret "A": there is no such secret in scope global
      ! hint: see what there is: aivault secrets list
      [4]
    `);
      assert.deepEqual(await seen(), [["B", "C"], 1_896_048_000_000]);
      await json("aivault secrets update NEW --alias D --alias B --json");
      assert.deepEqual(await seen(), [["B", "D"], 1_896_048_000_000]);
      await json("aivault secrets update NEW --expires-at never --json");
      assert.deepEqual(await seen(), [["B", "D"], null]);
      await json("aivault secrets update NEW --clear-aliases --json");
      assert.deepEqual(await seen(), [[], null]);
      await check(`
      $ aivault secrets update NEW
      ! aivault: update a secret: nothing to change was given
      ! hint: give --name, --alias, --clear-aliases or --expires-at
      [2]

      $ aivault secrets update NEW --alias X --clear-aliases
      ! aivault: update a secret: --alias and --clear-aliases cannot both be given
      [2]

      $ aivault secrets update NEW --name TAKEN
      ! aivault: update secret "NEW": the name "TAKEN" is taken in scope global
      [5]

      $ aivault secrets update NEW --alias TAKEN
      ! aivault: update secret "NEW": the name "TAKEN" is taken in scope global
      [5]

      $ aivault secrets update NEW --name OPENAI_API_KEY && aivault secrets update OPENAI_API_KEY --name GITHUB_TOKEN
      updated OPENAI_API_KEY (<id>)
      ! aivault: update secret "OPENAI_API_KEY": GITHUB_TOKEN belongs to provider github, the secret is pinned to openai
      ! hint: create another secret for it
      [2]
    `);
      assert.equal(await valueOf(session, "OPENAI_API_KEY"), "v");
    }, env),
);

test(
  "secrets rotate gives a new value and a new version; the other facts stay",
  options,
  () =>
    withSession(async (session) => {
      const { json } = session;
      const before =
        (await json("aivault secrets create A --value one --alias B --json") as Shown).secret;
      await json("aivault secrets rotate A --value two --json");
      const after = (await json("aivault secrets rotate B --value three --json") as Shown).secret;
      const { updatedAtMs: _, ...expected } = { ...before, valueVersion: 3 } as Record<
        string,
        unknown
      >;
      const { updatedAtMs: __, ...actual } = after as unknown as Record<string, unknown>;
      assert.deepEqual(actual, expected);
      assert.equal(await valueOf(session, "A"), "three");
      await session.check(`
      $ printf v | aivault secrets rotate C --value-file -
      ! aivault: rotate secret "C": there is no such secret in scope global
      ! hint: see what there is: aivault secrets list
      [4]
    `);
    }, env),
);

test(
  "secrets delete removes the secret, and its name and aliases are free again",
  options,
  () =>
    withSession(async (session) => {
      const { check, json } = session;
      const { secret } = await json(
        "aivault secrets create A --value old --alias B --json",
      ) as Shown;
      await check(`
      $ aivault secrets delete B
      deleted B (<id>)

      $ aivault secrets delete B
      ! aivault: delete secret "B": there is no such secret in scope global
      ! hint: see what there is: aivault secrets list
      [4]

      $ aivault secrets delete ${secret.id}
      ! aivault: delete secret "<id>": there is no secret of this id
      [4]

      $ printf new | aivault secrets create B --value-file - --alias A
      created B in scope global (<id>)
    `);
      assert.equal(await valueOf(session, "A"), "new");
      await assert.rejects(bytesOf(session, secret.id), { code: "NOT_FOUND" });
      const { events } = await json("aivault audit --json") as { events: { kind: string }[] };
      assert.deepEqual(events.map(({ kind }) => kind).slice(-4), [
        "secret.create",
        "secret.delete",
        "secret.create",
        "vault.init",
      ]);
    }, env),
);
