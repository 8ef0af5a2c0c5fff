/** A vault's database that was emptied, or that others can reach: no new vault takes its place, and doctor helps. */
import assert from "node:assert/strict";
import { truncate } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { listFiles, snapshot } from "../helpers/files.ts";
import { withRaw } from "../helpers/raw_database.ts";
import { withSession } from "../helpers/session.ts";
import { valueOf } from "./vault_of.ts";

const options = { timeout: 120_000 };
const env = { AIVAULT_DIR: "<dir>/vault" };
const POSIX = process.platform === "win32" ? "Windows has no file modes" : false;

const EMPTIED = `
      ! aivault: open <dir>/vault/vault.db: the file is empty: what was in the vault is gone
      ! hint: nothing was changed; to get it back: aivault backup restore <file> --force
      ! hint: if there never was a vault in it, remove it: rm '<dir>/vault/vault.db'
      [7]
`;

test(
  "no command makes a vault over a database that was emptied, and a backup brings it back",
  options,
  () =>
    withSession(async (session) => {
      const { check, run, directory } = session;
      await run("printf v | aivault secrets create A --value-file - && aivault backup create b");
      await truncate(join(directory, "vault", "vault.db"), 0);
      const before = await snapshot(directory);
      for (const line of ["secrets list", "init", "status", "init --provider env"]) {
        await check(`      $ aivault ${line}${EMPTIED}`);
      }
      await check(`
      $ aivault doctor 2>/dev/null | grep -A 2 '^error'
      error    database   open <dir>/vault/vault.db
                          - the file is empty: what was in the vault is gone
                            mend: to get it back: aivault backup restore <file> --force; if there never was a vault in it, remove it: rm '<dir>/vault/vault.db'
    `);
      assert.deepEqual(await snapshot(directory), before);
      assert.equal((await run("aivault backup restore b --force")).exitCode, 0);
      assert.equal(await valueOf(session, "A"), "v");
    }, env),
);

test(
  "no command makes a vault over the rest of one whose own row is gone, and a backup brings it back",
  options,
  () =>
    withSession(async (session) => {
      const { check, run, directory } = session;
      await run("printf v | aivault secrets create A --value-file - && aivault backup create b");
      for (const sql of ["delete from vault", "delete from vault; delete from audit"]) {
        withRaw(join(directory, "vault", "vault.db"), (raw) => raw.exec(sql));
        const before = await snapshot(directory);
        for (const line of ["secrets list", "init", "status"]) {
          await check(`
      $ aivault ${line}
      ! aivault: open the vault: its description is gone
      ! hint: restore the vault from a backup
      [7]
          `);
        }
        await check(`
      $ aivault doctor 2>/dev/null | grep -A 2 '^error'
      error    database   open the vault
                          - its description is gone
                            mend: restore the vault from a backup
        `);
        assert.deepEqual(await snapshot(directory), before);
        assert.equal((await run("aivault backup restore b --force")).exitCode, 0);
        assert.equal(await valueOf(session, "A"), "v");
      }
    }, env),
);

test(
  "a database that others can reach is refused with the command that mends it, and doctor --fix mends it",
  { ...options, skip: POSIX },
  () =>
    withSession(async ({ check, run, directory }) => {
      await run("printf v | aivault secrets create A --value-file -; chmod 644 vault/vault.db");
      const before = await snapshot(directory);
      for (const line of ["secrets list", "init", "rotate-master", "backup create b"]) {
        await check(`
      $ aivault ${line}
      ! aivault: open <dir>/vault/vault.db: other users can reach the database
      ! hint: mend it with: chmod 600 '<dir>/vault/vault.db'
      [74]
    `);
      }
      await check(`
      $ aivault doctor 2>/dev/null | grep -A 2 '^error'
      error    files      5 files and directories, owners and modes
                          - other users may reach <dir>/vault/vault.db
                            mend: chmod 600 '<dir>/vault/vault.db'
    `);
      assert.deepEqual(await snapshot(directory), before);
      await check(`
      $ aivault doctor --fix | head -2
      mended   files      other users may reach <dir>/vault/vault.db
                          did: chmod 600 '<dir>/vault/vault.db'

      $ aivault secrets list | wc -l
      2
    `);
      assert.deepEqual(await listFiles(join(directory, "vault")), ["600 kek.key", "600 vault.db"]);
    }, env),
);
