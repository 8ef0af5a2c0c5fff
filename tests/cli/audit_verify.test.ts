/** `aivault audit verify` and `audit head`: what they print, and how they end. */
import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { row, run as runSql, withRaw } from "../helpers/raw_database.ts";
import { copySecret, pasteSecret } from "../helpers/raw_secret.ts";
import { type Session, withSession } from "../helpers/session.ts";

const options = { timeout: 120_000 };
const inVault = { AIVAULT_DIR: "<dir>/vault" };
const database = ({ directory }: Session): string => join(directory, "vault", "vault.db");

/** Makes a vault with two secrets and six events. */
async function prepare({ check }: Session): Promise<void> {
  await check(`
    $ printf sk-1 | aivault secrets create OPENAI_API_KEY --value-file - 2>/dev/null
    created OPENAI_API_KEY in scope global, pinned to openai (<id>)

    $ printf t-1 | aivault secrets create TOKEN --value-file -
    created TOKEN in scope global (<id>)

    $ printf t-2 | aivault secrets rotate TOKEN --value-file - >/dev/null

    $ aivault secrets attach-group TOKEN --workspace-id W --group-id G >/dev/null

    $ aivault secrets update TOKEN --alias T >/dev/null
  `);
}

test(
  "audit verify says what it verified, and the head to note",
  options,
  () =>
    withSession(async (session) => {
      await prepare(session);
      await session.check(`
      $ aivault audit verify
      verified 6 events and 2 secrets: all is as it was recorded
      head 6:<hex>

      $ aivault audit head
      6:<hex>

      $ aivault audit verify --head $(aivault audit head) >/dev/null
    `);
      const { head, ...rest } = await session.json("aivault audit verify --json") as {
        head: string;
      };
      assert.equal(`${head}\n`, (await session.run("aivault audit head")).stdout);
      assert.deepEqual(rest, {
        isIntact: true,
        events: 6,
        fromSeq: 1,
        keptEvents: 0,
        unverifiableEvents: 0,
        secrets: 2,
        findings: [],
        findingCount: 0,
      });
      const [seq, hash] = head.split(":");
      assert.deepEqual(await session.json("aivault audit head --json"), {
        head,
        seq: Number(seq),
        hash,
      });
    }, inVault),
);

test(
  "audit verify names all that is wrong, and exits with 7",
  options,
  () =>
    withSession(async (session) => {
      await prepare(session);
      withRaw(database(session), (raw) => {
        runSql(raw, "delete from audit where seq = 3");
        runSql(raw, "update audit set note = 'x' where seq = 5");
        runSql(raw, "update secrets set expires_at_ms = 5 where pinned_provider = 'openai'");
      });
      const { stdout } = await session.run("aivault audit verify");
      assert.deepEqual(stdout.trim().split("\n").slice(0, 2), [
        "event 3: it was removed",
        "event 5: it is not as it was recorded",
      ]);
      assert.match(
        stdout,
        /^secret OPENAI_API_KEY \([0-9a-f-]{36}\): it is not in the state that event 2 left it in$/m,
      );
      await session.check(`
      $ aivault audit verify >/dev/null
      ! aivault: verify the audit: 4 things are not as they were recorded
      ! hint: do not trust what is named; restore the vault from an earlier backup
      [7]
    `);
      const { exitCode, stdout: json } = await session.run("aivault audit verify --json");
      const document = JSON.parse(json);
      assert.equal(exitCode, 7);
      assert.equal(document.isIntact, false);
      assert.equal(document.error.code, "INTEGRITY");
      assert.deepEqual(document.findings[0], {
        kind: "event-missing",
        seq: 3,
        throughSeq: null,
        secretId: null,
        secretName: null,
        problem: "it was removed",
      });
    }, inVault),
);

test(
  "audit verify says that a secret was put back to an older state, or deleted behind the vault's back",
  options,
  () =>
    withSession(async (session) => {
      await prepare(session);
      const path = database(session);
      const id = withRaw(
        path,
        (raw) =>
          String(row(raw, "select secret_id from secret_names where name = 'TOKEN'")["secret_id"]),
      );
      const old = withRaw(path, (raw) => copySecret(raw, id));
      await session.check(`
      $ printf t-3 | aivault secrets rotate TOKEN --value-file - >/dev/null
    `);
      withRaw(path, (raw) => pasteSecret(raw, id, old));
      await session.check(`
      $ aivault audit verify
      secret TOKEN (<id>): it was put back to its state of event 6
      ! aivault: verify the audit: 1 thing is not as it was recorded
      ! hint: do not trust what is named; restore the vault from an earlier backup
      [7]

      $ aivault secrets detach-group TOKEN --workspace-id W --group-id G
      ! aivault: read a secret: the stored record of <id> is not the one that the audit records
      ! hint: it was put back to an older state or changed behind the vault's back; see: aivault audit verify
      ! hint: restore it from a backup of the vault, or remove it: aivault secrets delete <id>
      [7]
    `);
      withRaw(path, (raw) => runSql(raw, "delete from secrets where id = ?", id));
      await session.check(`
      $ aivault audit verify 2>/dev/null
      secret TOKEN (<id>): it is gone, and no event says that it was deleted
      [7]
    `);
    }, inVault),
);

test(
  "audit verify --head finds a vault that was replaced by an older copy of itself",
  options,
  () =>
    withSession(async (session) => {
      await prepare(session);
      const path = database(session);
      const old = join(session.directory, "old.db");
      await copyFile(path, old);
      await session.check(`
      $ printf t-3 | aivault secrets rotate TOKEN --value-file - >/dev/null

      $ aivault audit head > head
    `);
      await copyFile(old, path);
      await session.check(`
      $ aivault audit verify
      verified 6 events and 2 secrets: all is as it was recorded
      head 6:<hex>

      $ aivault audit verify --head $(cat head)
      event 7: the noted event is not there; the vault ends with event 6: it is an older copy, or its end was cut off
      ! aivault: verify the audit: 1 thing is not as it was recorded
      ! hint: do not trust what is named; restore the vault from an earlier backup
      [7]

      $ aivault audit verify --head 7
      ! aivault: read the noted head: it is not of the form SEQ:HASH
      ! hint: see the present one with: aivault audit head
      [2]
    `);
    }, inVault),
);

test(
  "audit verify needs the passphrase of a vault that has one; audit head does not",
  options,
  () =>
    withSession(async ({ check }) => {
      await check(`
      $ aivault init --provider passphrase --argon2-memory 8 --argon2-iterations 1 --passphrase pw 2>/dev/null >/dev/null

      $ aivault audit head
      1:<hex>

      $ aivault audit verify 2>/dev/null
      [3]

      $ AIVAULT_PASSPHRASE=pw aivault audit verify
      verified 1 event and 0 secrets: all is as it was recorded
      head 1:<hex>

      $ aivault audit verify --limit 3
      ! aivault: read the command line: there is no flag --limit
      ! hint: see what there is: aivault audit verify --help
      [2]
    `);
    }, inVault),
);
