/** Modes: directories 0700 and files 0600 from the first instant, whatever the umask. */
import assert from "node:assert/strict";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { listFiles } from "../helpers/files.ts";
import { ended, startCommand } from "../helpers/program.ts";
import { withSession } from "../helpers/session.ts";
import { until } from "../helpers/until.ts";

const options = {
  timeout: 120_000,
  skip: process.platform === "win32" ? "Windows has no POSIX modes" : false,
};

for (const umask of ["000", "022", "077", "277"]) {
  test(
    `under umask ${umask} a vault at work has directories of 0700 and files of 0600`,
    options,
    () =>
      withSession(async ({ directory, env }) => {
        // The command opens the vault before it reads the value, and so waits with the vault open.
        const line = `umask ${umask}; exec aivault secrets create A --value-file -`;
        const child = startCommand(["sh", "-c", line], {
          cwd: directory,
          env,
          keepStdinOpen: true,
        });
        const end = ended(child);
        const vault = join(directory, "made", "vault");
        let files: string[] = [];
        await until("the vault is made", async () => {
          // A file may vanish while the others are looked at.
          files = await listFiles(join(directory, "made")).catch(() => []);
          assert.deepEqual(files.filter((file) => !/^[0-7]00 /.test(file)), []);
          const has = (part: string) => files.some((file) => file.includes(part));
          return has("vault.db-wal") && has("vault.db-shm") && !has(".init-lock");
        });
        assert.deepEqual(files, [
          "700 vault/",
          "600 vault/kek.key",
          "600 vault/vault.db",
          "600 vault/vault.db-shm",
          "600 vault/vault.db-wal",
        ]);
        child.stdin?.end("value");
        assert.equal((await end).exitCode, 0, (await end).stderr);
        assert.deepEqual(await listFiles(vault), ["600 kek.key", "600 vault.db"]);
        assert.ok((await listFiles(directory)).includes("700 made/"));
      }, { AIVAULT_DIR: "<dir>/made/vault" }),
  );
}

test(
  "an empty directory that others can enter is closed to them; one with other files is refused",
  options,
  () =>
    withSession(async ({ check, directory }) => {
      await mkdir(join(directory, "empty"));
      await chmod(join(directory, "empty"), 0o755);
      await mkdir(join(directory, "it's full"));
      await writeFile(join(directory, "it's full", "notes.txt"), "");
      await chmod(join(directory, "it's full"), 0o755);
      await check(`
      $ AIVAULT_DIR=empty aivault secrets list
      no secrets
      ! initialised a vault in <dir>/empty; its key is in key file <dir>/empty/kek.key

      $ AIVAULT_DIR="it's full" aivault secrets list
      ! aivault: make a vault: directory <dir>/it's full can be entered by other users
      ! hint: choose another directory or, if this one is to be yours alone: chmod 700 '<dir>/it'\\''s full'
      [2]

      $ chmod 700 '<dir>/it'\\''s full' && AIVAULT_DIR="it's full" aivault secrets list
      no secrets
      ! initialised a vault in <dir>/it's full; its key is in key file <dir>/it's full/kek.key
    `);
      const files = await listFiles(directory);
      assert.ok(files.includes("700 empty/"));
    }),
);
