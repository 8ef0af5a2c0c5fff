/** `aivault secrets create`: from where the value comes, and what the flags say of the secret. */
import assert from "node:assert/strict";
import test from "node:test";
import { type Session, withSession } from "../helpers/session.ts";
import { withVaultOf } from "./vault_of.ts";
import { valueOf } from "./vault_of.ts";

const options = { timeout: 120_000 };

/** A session with a vault in it, so that no command says that it makes one. */
function withVault(work: (session: Session) => Promise<void>): Promise<void> {
  return withSession(async (session) => {
    await session.json("aivault init --json");
    await work(session);
  });
}

test(
  "secrets create takes the name as an argument or as --name, once",
  options,
  () =>
    withVault(async (session) => {
      await session.check(`
      $ printf one | aivault secrets create A --value-file -
      created A in scope global (<id>)

      $ printf two | aivault secrets create --name OPENAI_API_KEY --value-file -
      created OPENAI_API_KEY in scope global, pinned to openai (<id>)

      $ printf no | aivault secrets create A --name B --value-file -
      ! aivault: create a secret: the secret was named twice
      ! hint: name it once, as an argument or with --name
      [2]

      $ printf no | aivault secrets create --value-file -
      ! aivault: create a secret: no secret was named
      ! hint: name it once, as an argument or with --name
      [2]

      $ printf no | aivault secrets create A --value-file -
      ! aivault: create secret "A": the name "A" is taken in scope global
      ! hint: to give that secret a new value: aivault secrets rotate
      [5]
    `);
      assert.equal(await valueOf(session, "A"), "one");
      assert.equal(await valueOf(session, "OPENAI_API_KEY"), "two");
    }),
);

test(
  "secrets create takes the value from a file, from standard input or from a flag, once",
  options,
  () =>
    withVault(async (session) => {
      await session.check(`
      $ printf 'from a file' > 'the value' && aivault secrets create FILE --value-file 'the value'
      created FILE in scope global (<id>)

      $ printf 'from a pipe' | aivault secrets create PIPE --value-file -
      created PIPE in scope global (<id>)

      $ aivault secrets create FLAG --value 'from a flag'
      created FLAG in scope global (<id>)
      ! warning: other users can read --value in the list of processes; --value-file - is safer

      $ aivault secrets create DASH --value=-v
      created DASH in scope global (<id>)
      ! warning: other users can read --value in the list of processes; --value-file - is safer

      $ aivault secrets create A --value-file 'the value' --value x
      ! warning: other users can read --value in the list of processes; --value-file - is safer
      ! aivault: create secret "A": --value and --value-file cannot both be given
      [2]

      $ aivault secrets create A --value-file nowhere
      ! aivault: read the value from a file: there is no such file
      [2]

      $ aivault secrets create A --value-file .
      ! aivault: read the value from a file: it is a directory
      [2]

      $ aivault secrets create A
      ! aivault: create secret "A": no value was given, and there is no terminal to ask on
      ! hint: give it on standard input: printf %s "$VALUE" | aivault … --value-file -
      [2]

      $ aivault secrets create A the-value
      ! aivault: read the command line: too many arguments: expected 1 but got 2
      ! hint: a value is no argument: give it with --value-file <path|->, or be asked for it
      ! hint: see what there is: aivault secrets create --help
      [2]
    `);
      assert.equal(await valueOf(session, "FILE"), "from a file");
      assert.equal(await valueOf(session, "PIPE"), "from a pipe");
      assert.equal(await valueOf(session, "FLAG"), "from a flag");
      assert.equal(await valueOf(session, "DASH"), "-v");
      assert.equal((await session.json("aivault status --json") as { secrets: number }).secrets, 4);
    }),
);

test(
  "secrets create puts the secret into the scope that the flags name, or that the ids imply",
  options,
  () =>
    withVault(async (session) => {
      await session.check(`
      $ printf g | aivault secrets create A --value-file - --scope global
      created A in scope global (<id>)

      $ printf w | aivault secrets create A --value-file - --workspace-id w
      created A in scope workspace w (<id>)

      $ printf wg | aivault secrets create A --value-file - --scope group --workspace-id w --group-id g
      created A in scope group w/g (<id>)

      $ printf no | aivault secrets create B --value-file - --group-id g
      ! aivault: create secret "B": scope group takes --workspace-id and --group-id
      [2]

      $ printf no | aivault secrets create B --value-file - --scope workspace
      ! aivault: create secret "B": scope workspace takes --workspace-id and no --group-id
      [2]

      $ printf no | aivault secrets create B --value-file - --scope workspace --workspace-id w --group-id g
      ! aivault: create secret "B": scope workspace takes --workspace-id and no --group-id
      [2]

      $ printf no | aivault secrets create B --value-file - --scope global --workspace-id w
      ! aivault: create secret "B": scope global takes neither --workspace-id nor --group-id
      [2]

      $ printf no | aivault secrets create B --value-file - --scope team
      ! aivault: read the command line: the argument of --scope <kind> is not valid: it must be one of global, workspace, group
      ! hint: see what there is: aivault secrets create --help
      [2]

      $ printf no | aivault secrets create B --value-file - --workspace-id ''
      ! aivault: create secret "B": the workspace id is empty
      [2]
    `);
      assert.equal(await valueOf(session, "A"), "g");
      assert.equal(await valueOf(session, "A", { workspaceId: "w" }), "w");
      assert.equal(await valueOf(session, "A", { workspaceId: "w", groupId: "g" }), "wg");
    }),
);

test(
  "secrets create gives aliases, which share one namespace with the names of the scope",
  options,
  () =>
    withVault(async ({ check }) => {
      await check(`
      $ printf v | aivault secrets create A --value-file - --alias B --alias C
      created A in scope global (<id>)

      $ printf no | aivault secrets create B --value-file -
      ! aivault: create secret "B": the name "B" is taken in scope global
      ! hint: to give that secret a new value: aivault secrets rotate
      [5]

      $ printf no | aivault secrets create D --value-file - --alias A
      ! aivault: create secret "D": the name "A" is taken in scope global
      ! hint: to give that secret a new value: aivault secrets rotate
      [5]

      $ printf no | aivault secrets create D --value-file - --alias D
      ! aivault: create secret "D": a name or alias is given twice
      [2]

      $ printf v | aivault secrets create B --value-file - --workspace-id w
      created B in scope workspace w (<id>)
    `);
    }),
);

test(
  "secrets create and update warn of an expiry in the past, which denies every use at once",
  options,
  () =>
    withVault(async (session) => {
      await session.check(`
      $ printf v | aivault secrets create A --value-file - --expires-at 2001-01-01
      created A in scope global (<id>)
      ! warning: the expiry is in the past: every use of the secret is denied from now on

      $ aivault secrets update A --name B
      updated B (<id>)

      $ aivault secrets update B --expires-at 2999-01-01
      updated B (<id>)
    `);
      assert.equal(await valueOf(session, "B"), "v");
      await session.check(`
      $ aivault secrets update B --expires-at 2001-01-01 --json | grep -o '"expiresAtMs": [0-9]*'
      "expiresAtMs": 978307200000
      ! warning: the expiry is in the past: every use of the secret is denied from now on

      $ aivault secrets update B --expires-at never
      updated B (<id>)
    `);
      assert.equal(await valueOf(session, "B"), "v");
      await session.run("aivault secrets update B --expires-at 1970-01-01");
      await assert.rejects(valueOf(session, "B"), { code: "ACCESS_DENIED" });
    }),
);

test(
  "secrets create takes the expiry as a date or as a time with its offset, and denies every use from then on",
  options,
  () =>
    withVault(async (session) => {
      const create = async (name: string, time: string): Promise<number | null> => {
        const line =
          `printf v | aivault secrets create ${name} --value-file - --expires-at ${time}`;
        const document = await session.json(`${line} --json`);
        return (document as { secret: { expiresAtMs: number | null } }).secret.expiresAtMs;
      };
      assert.equal(await create("DATE", "2030-01-31"), 1_896_048_000_000);
      assert.equal(await create("TIME", "2030-01-31T12:00:00Z"), 1_896_091_200_000);
      assert.equal(await create("OFFSET", "2030-01-31T12:00:00.5+02:00"), 1_896_084_000_500);
      assert.equal(await create("NEVER", "never"), null);
      assert.equal(await create("PAST", "2001-01-01"), 978_307_200_000);
      assert.equal(await valueOf(session, "DATE"), "v");
      await assert.rejects(valueOf(session, "PAST"), { code: "ACCESS_DENIED" });

      const rule =
        "it must be a date such as 2027-01-31, a time such as 2027-01-31T12:00:00Z, or never";
      for (
        const time of [
          "2030",
          "0",
          "1900000000000",
          "2030-02-30",
          "2030-01-31T12:00:00",
          "tomorrow 1",
        ]
      ) {
        const { exitCode, stderr } = await session.run(
          `printf v | aivault secrets create X --value-file - --expires-at '${time}'`,
        );
        assert.equal(exitCode, 2, time);
        assert.ok(
          stderr.startsWith(
            `aivault: read the command line: the argument of --expires-at <time> is not valid: ${rule}\n`,
          ),
          stderr,
        );
      }
      assert.equal(await withVaultOf(session, async (vault) => (await vault.info()).secrets), 5);
    }),
);
