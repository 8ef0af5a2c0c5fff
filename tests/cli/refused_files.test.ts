/** Files of the vault that their owner may not use: what is wrong, and the command that mends it, is said at once. */
import process from "node:process";
import test from "node:test";
import { asPlainOwner } from "../helpers/nobody.ts";
import { programCommand } from "../helpers/program.ts";
import { type Session, withSession } from "../helpers/session.ts";

const plainOwner = asPlainOwner();
const options = {
  timeout: 120_000,
  skip: process.platform === "win32"
    ? "Windows has no file modes"
    : process.getuid?.() === 0 && plainOwner === undefined
    ? "no mode stops root, and setpriv cannot change that here"
    : false,
};

/** A session with a vault, of somebody whom modes stop. */
function withVault(work: (session: Session) => Promise<void>): Promise<void> {
  return withSession(
    async (session) => {
      await session.run("printf v | aivault secrets create A --value-file -");
      await work(session);
    },
    { AIVAULT_DIR: "<dir>/vault" },
    [...plainOwner ?? [], ...programCommand()],
  );
}

test(
  "a command names the index of the log that was left behind read-only, and how to mend it",
  options,
  () =>
    withVault(async ({ check, run }) => {
      // SQLite gives it the mode of the database, and cannot remove it when that may not be written.
      await run("chmod 400 vault/vault.db; aivault secrets list; chmod 600 vault/vault.db");
      await check(`
      $ printf w | aivault secrets create B --value-file -
      ! aivault: write the vault: this user may not use <dir>/vault/vault.db-shm
      ! hint: nothing was lost; mend it with: chmod 600 '<dir>/vault/vault.db-shm'
      [74]

      $ chmod 600 '<dir>/vault/vault.db-shm'; printf w | aivault secrets create B --value-file -
      created B in scope global (<id>)
    `);
    }),
);

test(
  "a command names a database that may not be written, or not read, and how to mend it",
  options,
  () =>
    withVault(async ({ check, run }) => {
      await run("chmod 400 vault/vault.db");
      await check(`
      $ printf w | aivault secrets create B --value-file -
      ! aivault: write the vault: this user may not use <dir>/vault/vault.db, <dir>/vault/vault.db-wal, <dir>/vault/vault.db-shm
      ! hint: nothing was lost; mend it with: chmod 600 '<dir>/vault/vault.db' '<dir>/vault/vault.db-wal' '<dir>/vault/vault.db-shm'
      [74]

      $ chmod 600 vault/vault.db*; chmod 000 vault/vault.db; aivault secrets list
      ! aivault: open <dir>/vault/vault.db: this user may not use <dir>/vault/vault.db
      ! hint: nothing was lost; mend it with: chmod 600 '<dir>/vault/vault.db'
      [74]

      $ rm -f vault/vault.db-*; chmod 600 vault/vault.db; chmod 500 vault; aivault secrets list
      ! aivault: open <dir>/vault/vault.db: this user may not use <dir>/vault
      ! hint: nothing was lost; mend it with: chmod 700 '<dir>/vault'
      [74]

      $ chmod 700 vault; aivault secrets list | wc -l
      2
    `);
    }),
);

test(
  "a command names a key file that may not be read, and neither replaces nor changes it",
  options,
  () =>
    withVault(async ({ check, run }) => {
      await run("cp vault/kek.key before.key; cp vault/vault.db kept.db; chmod 000 vault/kek.key");
      await check(`
      $ aivault secrets show A
      ! aivault: read the vault's key: key file <dir>/vault/kek.key cannot be read (EACCES)
      ! hint: if it is yours, mend it with: chmod 600 '<dir>/vault/kek.key'
      [8]

      $ rm vault/vault.db*; aivault init --provider file
      ! aivault: read the vault's key: key file <dir>/vault/kek.key cannot be read (EACCES)
      ! hint: if it is yours, mend it with: chmod 600 '<dir>/vault/kek.key'
      [8]

      $ cp kept.db vault/vault.db; chmod 600 vault/kek.key; cmp vault/kek.key before.key && aivault secrets list | wc -l
      2
    `);
    }),
);

test(
  "doctor gives what mends a directory that may not be written in as a command alone",
  options,
  () =>
    withVault(async ({ check }) => {
      await check(`
      $ chmod 500 vault; aivault doctor 2>/dev/null | grep mend:
                            mend: chmod 700 '<dir>/vault'
                            mend: chmod 700 '<dir>/vault'

      $ chmod 700 vault; aivault secrets list | wc -l
      2
    `);
    }),
);
