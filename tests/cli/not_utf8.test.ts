/** Bytes that are no UTF-8: refused where a runtime would replace them unseen, kept as they are in files. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { withSession } from "../helpers/session.ts";
import { valueOf } from "./vault_of.ts";

const options = { timeout: 120_000 };

test(
  "secrets create, rotate and import refuse a value in a flag that is not UTF-8, and keep it from a file",
  options,
  () =>
    withSession(async (session) => {
      await session.json("aivault init --json");
      const warning =
        "! warning: other users can read --value in the list of processes; --value-file - is safer";
      await session.check(String.raw`
      $ aivault secrets create A --value "$(printf 'caf\351')"
      ${warning}
      ! aivault: create secret "A": --value is not UTF-8 text
      ! hint: give it as it is with --value-file <path|->
      [2]

      $ aivault secrets import --entry "A=$(printf 'caf\351')"
      ! warning: other users can read --entry in the list of processes; --entry-file - is safer
      ! aivault: import secrets: entry 1 is not UTF-8 text
      ! hint: give its value alone: secrets create --value-file <path|->
      ! hint: nothing was imported
      [2]

      $ printf 'caf\351' | aivault secrets create A --value-file -
      created A in scope global (<id>)

      $ aivault secrets rotate A --value "$(printf '\377')"
      ${warning}
      ! aivault: rotate secret "A": --value is not UTF-8 text
      ! hint: give it as it is with --value-file <path|->
      [2]
    `);
      // Not in a raw string, in which Bun escapes what is not ASCII.
      await session.check(`
      $ aivault secrets create B --value 'café ☕'
      created B in scope global (<id>)
      ${warning}
    `);
      const { stdout } = await session.run("aivault secrets list --json");
      assert.equal(JSON.parse(stdout).secrets.length, 2);
      assert.equal(await valueOf(session, "B"), "café ☕");
    }),
);

test(
  "no name, alias or group that is not UTF-8 is taken for another one",
  options,
  () =>
    withSession(async (session) => {
      await session.json("aivault init --json");
      const names = [
        String.raw`secrets create "$(printf 'caf\351')"`,
        String.raw`secrets create A --alias "$(printf 'caf\351')"`,
        String.raw`secrets create A --scope workspace --workspace-id "$(printf 'caf\351')"`,
      ];
      for (const command of names) {
        const { exitCode, stderr } = await session.run(`aivault ${command} --value-file -`, "v");
        assert.equal(exitCode, 2, stderr);
        assert.match(stderr, /is not well-formed Unicode/);
      }
    }),
);

test(
  "no passphrase that is not UTF-8 makes a vault or opens one",
  options,
  () =>
    withSession(async (session) => {
      const init = "aivault init --provider passphrase --argon2-memory 8 --argon2-iterations 1";
      const given = [
        [String.raw`${init} --passphrase "$(printf 'caf\351')"`, "--passphrase"],
        [String.raw`AIVAULT_PASSPHRASE="$(printf 'caf\351')" ${init}`, "AIVAULT_PASSPHRASE"],
        [String.raw`printf 'caf\351' | ${init} --passphrase-file -`, "the passphrase"],
      ];
      for (const [line = "", source] of given) {
        const { exitCode, stderr } = await session.run(line);
        assert.equal(exitCode, 2, stderr);
        assert.ok(stderr.includes(`${source} is not UTF-8 text`), stderr);
      }
      assert.equal(existsSync(join(session.home, ".aivault", "data", "vault", "vault.db")), false);
      assert.equal(
        (await session.run(`printf 'caf\u00e9' | ${init} --passphrase-file -`)).exitCode,
        0,
      );
      const opened = await session.run(
        String.raw`AIVAULT_PASSPHRASE="$(printf 'caf\377')" aivault secrets list`,
      );
      assert.equal(opened.exitCode, 2, opened.stderr);
    }),
);

test(
  "a path in AIVAULT_DIR that is not UTF-8 is refused, and no other directory is made",
  options,
  () =>
    withSession(async (session) => {
      const line = String.raw`AIVAULT_DIR="$PWD/$(printf 'caf\351')" aivault status`;
      const { exitCode, stderr } = await session.run(line);
      assert.equal(exitCode, 2);
      assert.match(stderr, /find the vault: AIVAULT_DIR is not UTF-8 text/);
      assert.equal((await session.run("ls -d caf*")).stdout, "");
    }),
);
