/** What is on record of whoever tries to open a backup. */
import assert from "node:assert/strict";
import test from "node:test";
import { withSession } from "../helpers/session.ts";

const options = { timeout: 120_000 };

test(
  "a wrong passphrase or recovery key for a backup is on record in its vault, and in no other",
  options,
  () =>
    withSession(async (session) => {
      const { run } = session;
      const newest = async (directory: string) => {
        const line = `AIVAULT_DIR=${directory} aivault audit --limit 1 --json`;
        const { events } = await session.json(line) as {
          events: { seq: number; kind: string; note: string | null }[];
        };
        return events.map(({ seq, kind, note }) => [seq, kind, note]);
      };
      const init =
        "init --provider passphrase --passphrase-file - --argon2-memory 8 --argon2-iterations 1";
      for (const directory of ["one", "two"]) {
        const made = await run(`printf right | AIVAULT_DIR=${directory} aivault ${init}`);
        assert.equal(made.exitCode, 0, made.stderr);
      }
      const right = "AIVAULT_DIR=one AIVAULT_PASSPHRASE=right";
      const paper = await run(`${right} aivault recovery create --print > paper`);
      assert.equal(paper.exitCode, 0, paper.stderr);
      const made = await run(`${right} aivault backup create vault.bak`);
      assert.equal(made.exitCode, 0, made.stderr);
      const others = await run("AIVAULT_DIR=other aivault recovery create --print > others-paper");
      assert.equal(others.exitCode, 0, others.stderr);
      const tries = [
        ["AIVAULT_PASSPHRASE=wrong", "", "vault.unlock.failed"],
        ["", "--recovery-key-file others-paper", "recovery.use.failed"],
      ] as const;
      let seq = 3;
      for (const [env, flags, kind] of tries) {
        const command = `${env} aivault backup verify vault.bak ${flags}`;
        assert.equal((await run(`AIVAULT_DIR=one ${command}`)).exitCode, 6);
        assert.deepEqual(await newest("one"), [[++seq, kind, "backup"]]);
        // Where another vault is, or none, there is no record to put it on.
        assert.equal((await run(`AIVAULT_DIR=two ${command}`)).exitCode, 6);
        assert.deepEqual(await newest("two"), [[1, "vault.init", "passphrase"]]);
        assert.equal((await run(`AIVAULT_DIR=none ${command}`)).exitCode, 6);
      }
      assert.equal((await run("test -e none")).exitCode, 1);
      const verified = await run(`${right} aivault audit verify`);
      assert.equal(verified.exitCode, 0, verified.stderr);
      // A vault that does not open takes no record, and the refusal stays what it is.
      await run("printf x > one/vault.db");
      const { exitCode } = await run(
        "AIVAULT_DIR=one AIVAULT_PASSPHRASE=wrong aivault backup restore vault.bak --force",
      );
      assert.equal(exitCode, 6);
    }),
);
