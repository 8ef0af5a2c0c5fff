/**
 * What a dead process left behind is seen as that, with the permissions that the program has under Deno too.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { isAlive } from "../../providers/host/process_alive.ts";
import { filesIn } from "../crash/inspect.ts";
import { aivault, withDirectory } from "../helpers/program.ts";

/** The id of a process that has ended. */
function deadPid(): number {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  assert.ok(pid > 0);
  return pid;
}

test("isAlive() tells this process and its parent from one that has ended", () => {
  assert.equal(isAlive(process.pid), true);
  assert.equal(isAlive(process.ppid), true);
  assert.equal(isAlive(deadPid()), false);
});

test("the program takes over the init lock of a dead process, and removes its temporary key file", async () => {
  await withDirectory(async (parent) => {
    const directory = join(parent, "vault");
    const lock = join(directory, ".init-lock");
    await mkdir(lock, { recursive: true, mode: 0o700 });
    const pid = deadPid();
    // By its time the lock would never be stale.
    const holder = JSON.stringify({ pid, timeMs: Date.now() + 3_600_000 });
    await writeFile(join(lock, "1"), holder, { mode: 0o600 });
    const temporary = `kek.key.${pid}.${crypto.randomUUID()}.tmp`;
    await writeFile(join(directory, temporary), "a key\n", { mode: 0o600 });
    const { exitCode, stderr } = await aivault(["secrets", "list"], {
      env: { AIVAULT_DIR: directory },
    });
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await filesIn(directory), ["kek.key", "vault.db"]);
  });
});
