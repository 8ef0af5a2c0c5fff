/**
 * SqliteStore on a disk that is full or may not be written: DISK is reported and nothing is lost.
 */
import assert from "node:assert/strict";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { ended, runtimeCommand, startCommand, withDirectory } from "../helpers/program.ts";
import { NO_SMALL_DISK, onSmallDisk } from "../helpers/small_disk.ts";
import { initVault, openVault, sqliteStore, utf8 } from "../helpers/vaults.ts";

const isRoot = process.getuid?.() === 0;

const skip = NO_SMALL_DISK;
if (skip !== false) console.warn(`skipped: ${skip}`);

async function runScenario(scenario: string): Promise<unknown> {
  return await withDirectory(async (directory) => {
    const disk = join(directory, "disk");
    await mkdir(disk);
    const script = new URL("./on_small_disk.ts", import.meta.url).pathname;
    const command = onSmallDisk(disk, [...runtimeCommand(script), scenario, disk]);
    const { exitCode, stdout, stderr } = await ended(startCommand(command));
    assert.equal(exitCode, 0, stderr);
    return JSON.parse(stdout);
  });
}

test("a full disk fails every write with DISK, and after room is made nothing was lost", {
  skip,
  timeout: 240_000,
}, async () => {
  assert.deepEqual(await runScenario("full"), {
    hasSpace: true,
    create: "DISK",
    hints: ["nothing was lost; make room, then try again"],
    rotate: "DISK",
    import: "DISK",
    show: "none",
    secrets: 0,
    events: 0,
    afterRoom: 0,
    afterReopen: 0,
  });
});

test(
  "a vault that is made on a disk with ever more room is made whole or fails with DISK, and is made again",
  {
    skip,
    timeout: 240_000,
  },
  async () => {
    assert.deepEqual(await runScenario("tight"), { outcomes: ["DISK", "again: none", "none"] });
  },
);

test("a read-only disk fails with DISK, and once it can be written again nothing was lost", {
  skip,
  timeout: 240_000,
}, async () => {
  assert.deepEqual(await runScenario("read-only"), { write: "DISK", afterwards: 1 });
});

test("a database that the user may not write fails with DISK, and nothing was lost", {
  skip: isRoot ? "root may write every file" : false,
}, async () => {
  await withDirectory(async (directory) => {
    const place = join(directory, "vault");
    const path = join(place, "vault.db");
    const vault = await initVault({ store: await sqliteStore(place) });
    await vault.create({ name: "A", value: utf8("a") });
    await vault.close();
    await chmod(path, 0o400);
    await chmod(place, 0o500);
    try {
      await assert.rejects(async () => {
        const store = await SqliteStore.open({ path });
        try {
          await store.write((writer) => writer.deleteSecret("x"));
        } finally {
          await store.close();
        }
      }, { code: "DISK" });
    } finally {
      await chmod(place, 0o700);
      await chmod(path, 0o600);
    }
    const reopened = await openVault({ store: await SqliteStore.open({ path }) });
    await reopened.use("A", {}, (value) => assert.deepEqual(value, utf8("a")));
    await reopened.close();
  });
});

test("a directory in the place of the database fails with DISK, and so does a path through a file", async () => {
  await withDirectory(async (directory) => {
    await mkdir(join(directory, "vault.db"));
    await assert.rejects(sqliteStore(directory), { code: "DISK" });
    await (await sqliteStore(directory, "file.db")).close();
    const path = join(directory, "file.db", "vault.db");
    for (const create of [true, false]) {
      await assert.rejects(SqliteStore.open({ path, create }), { code: "DISK" });
    }
  });
});
