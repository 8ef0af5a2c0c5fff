/** Commands on a full disk: 74, nothing half done, and nothing lost once there is room. */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { ended, startCommand } from "../helpers/program.ts";
import { type Session, withSession } from "../helpers/session.ts";
import { NO_SMALL_DISK, onSmallDisk } from "../helpers/small_disk.ts";
import { bytesOf } from "./vault_of.ts";

if (NO_SMALL_DISK !== false) console.warn(`skipped: ${NO_SMALL_DISK}`);
const options = { timeout: 200_000, skip: NO_SMALL_DISK };
const env = { AIVAULT_DIR: "<dir>/disk/vault" };

/** Runs lines of shell with the small disk on `disk`, and gives the lines that they print. */
async function onDisk(session: Session, script: string): Promise<string[]> {
  const { directory: cwd, env } = session;
  await mkdir(join(cwd, "disk"));
  const command = onSmallDisk(join(cwd, "disk"), ["sh", "-c", script]);
  const { exitCode, stdout, stderr } = await ended(startCommand(command, { cwd, env }));
  assert.equal(exitCode, 0, stderr);
  return stdout.trimEnd().split("\n");
}

/** 49,999 bytes that tell which secret they belong to. */
const value = (n: number): Uint8Array =>
  new TextEncoder().encode(`value ${n}\n`.repeat(6250)).slice(0, 49_999);

test(
  "create, rotate and import exit 74 on a full disk, and nothing is lost",
  options,
  () =>
    withSession(async (session) => {
      const printed = await onDisk(
        session,
        `
      value() { yes "value $1" | head -c 49999; }
      head -c 500000 /dev/zero > disk/filler
      n=0
      while value $n | aivault secrets create S$n --value-file - >/dev/null 2>err; do n=$((n + 1)); done
      value $n | aivault secrets create S$n --value-file - >/dev/null 2>err; echo "create $?"
      cat err
      value 9 | aivault secrets rotate S0 --value-file - >/dev/null 2>err; echo "rotate $?"
      for i in 1 2 3; do printf "I$i="; value $i | tr -d '\\n'; echo; done |
        aivault secrets import --entry-file - >/dev/null 2>err; echo "import $?"
      aivault secrets list --json | grep -c '"id"'; echo "list $?"
      rm disk/filler
      value $n | aivault secrets create S$n --value-file - >/dev/null; echo "again $?"
      cp -a disk/vault saved
      echo $n
      `,
      );
      const count = Number(printed.at(-1));
      assert.ok(count > 1 && count < 20, printed.join("\n"));
      assert.deepEqual(printed.slice(0, -1), [
        "create 74",
        "aivault: write the vault: the disk is full",
        "hint: nothing was lost; make room, then try again",
        "rotate 74",
        "import 74",
        `${count}`,
        "list 0",
        "again 0",
      ]);
      const directory = join(session.directory, "saved");
      for (let n = 0; n <= count; n++) {
        // A key file in the vault's directory moves with it.
        assert.deepEqual(await bytesOf(session, `S${n}`, {}, { directory }), value(n), `S${n}`);
      }
    }, env),
);

test(
  "a vault that finds no room to be made exits 74, and is made once there is some",
  options,
  () =>
    withSession(async (session) => {
      const printed = await onDisk(
        session,
        `
      head -c 2000000 /dev/zero > disk/filler 2>/dev/null
      aivault secrets list >/dev/null 2>&1; echo "full $?"
      aivault init >/dev/null 2>&1; echo "full $?"
      rm disk/filler
      printf v | aivault secrets create A --value-file - 2>/dev/null | sed 's/ (.*//'
      cp -a disk/vault saved
      ls -A saved
      `,
      );
      assert.deepEqual(printed, [
        "full 74",
        "full 74",
        "created A in scope global",
        "kek.key",
        "vault.db",
      ]);
      const directory = join(session.directory, "saved");
      assert.equal((await bytesOf(session, "A", {}, { directory })).length, 1);
    }, env),
);

test(
  "every command says that the disk is full when not a byte is left, and nothing is lost",
  options,
  () =>
    withSession(async (session) => {
      const printed = await onDisk(
        session,
        `
      printf v | aivault secrets create A --value-file - >/dev/null 2>&1
      head -c 2000000 /dev/zero > disk/filler 2>/dev/null
      aivault secrets list 2>&1; echo "list $?"
      printf w | aivault secrets rotate A --value-file - 2>&1; echo "rotate $?"
      aivault backup create disk/backup 2>&1; echo "backup $?"
      aivault doctor 2>/dev/null | grep -A 2 "^error .*vault.db"; aivault doctor >/dev/null 2>&1; echo "doctor $?"
      AIVAULT_DIR=$PWD/disk/other aivault init 2>&1 | sed 's/write .*init-lock[^:]*/make the lock/'
      rm disk/filler
      aivault audit verify >/dev/null 2>&1; echo "verify $?"
      cp -a disk/vault saved
      `,
      );
      const full = [
        `aivault: open ${session.directory}/disk/vault/vault.db: the disk is full`,
        "hint: nothing was lost; make room, then try again",
      ];
      assert.deepEqual(printed, [
        ...full,
        "list 74",
        ...full,
        "rotate 74",
        ...full,
        "backup 74",
        `error    database   open ${session.directory}/disk/vault/vault.db`,
        "                    - the disk is full",
        "                      mend: make room, then try again",
        "doctor 74",
        "aivault: make the lock: the disk is full",
        "hint: make room, then try again; nothing was lost",
        "verify 0",
      ]);
      const directory = join(session.directory, "saved");
      assert.equal((await bytesOf(session, "A", {}, { directory })).length, 1);
    }, env),
);
