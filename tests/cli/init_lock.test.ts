/** The lock of initialisation as commands meet it: waited for, taken over when stale. */
import assert from "node:assert/strict";
import { chmod, mkdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { listFiles } from "../helpers/files.ts";
import { deadPid } from "../helpers/program.ts";
import { type Session, withSession } from "../helpers/session.ts";
import { until } from "../helpers/until.ts";

const options = { timeout: 120_000 };
const env = { AIVAULT_DIR: "<dir>/vault" };

/** The lock as a process `pid` leaves it that took it at `timeMs`. */
async function lock({ directory }: Session, pid: number, timeMs: number): Promise<void> {
  const path = join(directory, "vault", ".init-lock");
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(join(directory, "vault"), 0o700);
  await writeFile(join(path, "1"), JSON.stringify({ pid, timeMs }), { mode: 0o600 });
}

test(
  "the lock of a dead process is taken over at once, however young it is",
  options,
  () =>
    withSession(async (session) => {
      // By its time alone it would be waited for until the command gives up.
      await lock(session, await deadPid(), Date.now() + 3_600_000);
      await session.json("aivault status --json");
      const files = await listFiles(join(session.directory, "vault"));
      assert.deepEqual(files, ["600 kek.key", "600 vault.db"]);
    }, env),
);

test(
  "a lock older than 30 seconds is taken over, though its process lives",
  options,
  () =>
    withSession(async (session) => {
      await lock(session, process.pid, Date.now() - 30_001);
      await session.json("aivault status --json");
      const files = await listFiles(join(session.directory, "vault"));
      assert.deepEqual(files, ["600 kek.key", "600 vault.db"]);
    }, env),
);

test(
  "a lock of a living process is waited for until it is 30 seconds old, and not less",
  options,
  () =>
    withSession(async (session) => {
      const lockedAtMs = Date.now() - 28_000;
      await lock(session, process.pid, lockedAtMs);
      const { createdAtMs } = await session.json("aivault status --json") as {
        createdAtMs: number;
      };
      assert.ok(createdAtMs > lockedAtMs + 30_000, `${createdAtMs - lockedAtMs} ms`);
    }, env),
);

test(
  "a process that waits for the lock goes on with the vault that the holder has made",
  options,
  () =>
    withSession(async (session) => {
      const { directory, run } = session;
      const elsewhere = `AIVAULT_DIR=${directory}/elsewhere`;
      await run(`${elsewhere} aivault init --provider file --file-path ${directory}/my.key`);
      await run(`${elsewhere} aivault secrets create A --value v`);
      const vault = join(directory, "vault");
      await lock(session, process.pid, Date.now() + 3_600_000);
      await chmod(vault, 0o755);
      const waiting = run("aivault secrets list");
      // The last thing that a process does before it asks for the lock is to close the directory to others.
      await until(
        "the directory is closed to others",
        async () => ((await stat(vault)).mode & 0o777) === 0o700,
      );
      await rename(join(directory, "elsewhere", "vault.db"), join(vault, "vault.db"));
      const { exitCode, stdout, stderr } = await waiting;
      assert.equal(exitCode, 0, stderr);
      assert.match(stdout, /^A /m);
      assert.equal(stderr, "");
    }, env),
);
