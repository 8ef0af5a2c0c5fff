/** Commands on a file system that is read-only: 74, with what is wrong, and nothing lost. */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { ended, startCommand } from "../helpers/program.ts";
import { withSession } from "../helpers/session.ts";
import { NO_SMALL_DISK, onSmallDisk } from "../helpers/small_disk.ts";

if (NO_SMALL_DISK !== false) console.warn(`skipped: ${NO_SMALL_DISK}`);

test(
  "every command says that the file system is read-only, and doctor too",
  { timeout: 200_000, skip: NO_SMALL_DISK },
  () =>
    withSession(async ({ directory: cwd, env }) => {
      await mkdir(join(cwd, "disk"));
      // A user's own name space lets him change the mount, not the file system.
      const script = `
      printf v | aivault secrets create A --value-file - >/dev/null 2>&1
      mount -o remount,bind,ro disk
      aivault secrets list 2>&1; echo "list $?"
      aivault backup create backup 2>&1; echo "backup $?"
      aivault doctor 2>/dev/null | grep -A 2 "^error .*vault.db"; aivault doctor >/dev/null 2>&1; echo "doctor $?"
      AIVAULT_DIR=$PWD/disk/other aivault status 2>&1; echo "other $?"
      mount -o remount,bind,rw disk
      aivault audit verify >/dev/null 2>&1; echo "verify $?"
      `;
      const command = onSmallDisk(join(cwd, "disk"), ["sh", "-c", script]);
      const { stdout, stderr } = await ended(startCommand(command, { cwd, env }));
      const path = `${cwd}/disk/vault/vault.db`;
      const refused = [
        `aivault: open ${path}: the file system is read-only`,
        "hint: nothing was lost; make it writable: a vault is written to also when it is only read",
      ];
      assert.deepEqual(stdout.trimEnd().split("\n"), [
        ...refused,
        "list 74",
        ...refused,
        "backup 74",
        `error    database   open ${path}`,
        "                    - the file system is read-only",
        "                      mend: make it writable: a vault is written to also when it is only read",
        "doctor 74",
        `aivault: make directory ${cwd}/disk/other: the file system is read-only`,
        "other 74",
        "verify 0",
      ], stderr);
    }, { AIVAULT_DIR: "<dir>/disk/vault" }),
);
