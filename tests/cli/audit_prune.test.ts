/** `aivault audit export` and `audit prune`: what they print, and how they end. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { run as runSql, withRaw } from "../helpers/raw_database.ts";
import { type Session, withSession } from "../helpers/session.ts";

const options = { timeout: 120_000 };
const inVault = { AIVAULT_DIR: "<dir>/vault" };
const database = ({ directory }: Session): string => join(directory, "vault", "vault.db");

async function prepare({ check }: Session): Promise<void> {
  await check(`
    $ printf t-1 | aivault secrets create TOKEN --value-file - 2>/dev/null
    created TOKEN in scope global (<id>)

    $ printf t-2 | aivault secrets rotate TOKEN --value-file - >/dev/null

    $ printf x | aivault secrets create GONE --value-file - >/dev/null

    $ aivault secrets delete GONE >/dev/null
  `);
}

/** The lines of JSON that a command printed. */
async function lines(session: Session, command: string) {
  const { exitCode, stdout, stderr } = await session.run(command);
  const events = stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  return { exitCode, stderr, events };
}

test(
  "audit export prints every event, oldest first, with what audit prints of it",
  options,
  () =>
    withSession(async (session) => {
      await prepare(session);
      const { exitCode, stderr, events } = await lines(session, "aivault audit export --jsonl");
      assert.equal(exitCode, 0, stderr);
      assert.deepEqual(events.map(({ seq, kind, isVerified }) => [seq, kind, isVerified]), [
        [1, "vault.init", true],
        [2, "secret.create", true],
        [3, "secret.rotate", true],
        [4, "secret.create", true],
        [5, "secret.delete", true],
      ]);
      const { events: listed } = await session.json("aivault audit --json") as {
        events: unknown[];
      };
      const unmarked = events.map(({ isVerified: _, ...event }) => event);
      assert.deepEqual(unmarked, listed.reverse());
      // It is the only form, so the flag may be left away.
      assert.deepEqual((await lines(session, "aivault audit export")).events, events);
    }, inVault),
);

test(
  "audit export says at the end that something is wrong, and exits with 7",
  options,
  () =>
    withSession(async (session) => {
      await prepare(session);
      withRaw(database(session), (raw) => runSql(raw, "update audit set note = 'x' where seq = 3"));
      const { exitCode, stderr, events } = await lines(session, "aivault audit export --jsonl");
      assert.equal(exitCode, 7);
      assert.match(stderr, /^event 3: it is not as it was recorded$/m);
      assert.match(
        stderr,
        /^aivault: verify the audit: \d+ things are not as they were recorded$/m,
      );
      assert.deepEqual(events.map(({ isVerified }) => isVerified), [true, true, false, true, true]);
    }, inVault),
);

test(
  "audit export that nobody reads to the end is no failure",
  options,
  () =>
    withSession(async (session) => {
      await prepare(session);
      const { stdout, stderr, exitCode } = await session.run("aivault audit export | head -n 1");
      assert.deepEqual([exitCode, stderr], [0, ""]);
      assert.equal(JSON.parse(stdout).seq, 1);
    }, inVault),
);

test(
  "audit prune removes what is old, says what stays, and the vault still verifies",
  options,
  () =>
    withSession(async (session) => {
      await prepare(session);
      await session.check(`
      $ aivault audit prune --before 2001-01-01
      no event is that old

      $ aivault audit prune --before 2100-01-01
      removed 4 events up to event 5; 1 stays, since a secret needs it
      head 6:<hex>
      ! hint: heads from before event 5 cannot be checked any more; note this one

      $ aivault audit verify
      verified 2 events and 1 secret: all is as it was recorded
      events before 6 were pruned, and 1 event of them kept
      head 6:<hex>
    `);
      const { stdout } = await session.run("aivault audit");
      const rows = stdout.trim().split("\n").slice(1).map((line) => line.split(/ {2,}/));
      assert.deepEqual(rows.map(([seq, , kind]) => [seq, kind]), [
        ["6", "audit.prune"],
        ["3", "secret.rotate"],
      ]);
      assert.match(stdout, /audit\.prune .* removed 4 up to event 5$/m);
      await session.check(`
      $ aivault audit prune
      ! aivault: prune the audit: --before is needed
      ! hint: such as: aivault audit prune --before 2027-01-31
      [2]

      $ aivault audit prune --before never 2>&1 | head -n 1
      aivault: read the command line: the argument of --before <time> is not valid: it must be a date such as 2027-01-31 or a time such as <time>

      $ aivault audit prune --before 2027-02-30 2>&1 | head -n 1
      aivault: read the command line: the argument of --before <time> is not valid: it must be a date such as 2027-01-31 or a time such as <time>
    `);
    }, inVault),
);

test(
  "audit prune changes nothing in a vault that does not verify",
  options,
  () =>
    withSession(async (session) => {
      await prepare(session);
      withRaw(database(session), (raw) => runSql(raw, "delete from audit where seq = 4"));
      await session.check(`
      $ aivault audit prune --before 2100-01-01
      ! aivault: prune the audit: the vault does not verify
      ! hint: nothing was removed; see what is wrong: aivault audit verify
      [7]

      $ aivault audit --limit 10 | wc -l
      5
    `);
      const pruned = await session.run("aivault audit prune --before 2100-01-01 --json");
      assert.equal(JSON.parse(pruned.stdout).error.code, "INTEGRITY");
    }, inVault),
);
