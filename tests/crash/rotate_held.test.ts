/**
 * Other processes at work while a rotation of the master key stands at one of its steps, or races them.
 *
 * @module
 */
import test from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import { checkChain } from "../helpers/independent_chain.ts";
import { aivault, ended, start, withDirectory } from "../helpers/program.ts";
import { hold, jsonIn, runIn } from "./children.ts";
import { allValues, expectedKekId, filesIn, keyInFile, peek } from "./inspect.ts";
import { environmentOf, makeVault, SAMPLES, type World } from "./vaults.ts";

/** Where the rotation holds no lock: others read and write, and settle what they take for a dead process's. */
const FREE = ["step:intent", "step:stored", "step:settled"];
/** Where it has begun to write: others read, and whoever writes waits. */
const WRITING = ["before:stage", "after:stage", "step:staged", "step:rewrapped"];
/** Where it puts the new key in its place. */
const SETTLING = ["before:commit", "after:commit"];

function create(world: World, name: string) {
  const args = ["secrets", "create", "--name", name, "--value-file", "-"];
  return aivault(args, { env: environmentOf(world), stdin: `value of ${name}` });
}

/** Checks that every sample and every name of `created` opens, and that there is one key and a whole audit. */
async function checkAll(world: World, created: readonly string[]): Promise<void> {
  const expected = new Map(created.map((name) => [name, `value of ${name}`]));
  for (const { name, value } of SAMPLES) expected.set(name, value);
  assert.deepEqual(await allValues(world), expected);
  const { rotation, kekId, vaultId } = await peek(world.directory);
  assert.equal(rotation, null);
  assert.deepEqual(await filesIn(world.directory), ["kek.key", "vault.db"]);
  const kek = await keyInFile(join(world.directory, "kek.key"));
  assert.equal(expectedKekId(kek, vaultId), kekId);
  checkChain(join(world.directory, "vault.db"), kek);
}

async function rotationsOf(world: World): Promise<number> {
  const { events } = await jsonIn(world, "audit", "--limit", "1000");
  assert.ok(Array.isArray(events));
  return events.filter(({ kind }) => kind === "vault.rotate-master").length;
}

for (const at of [...FREE, ...WRITING, ...SETTLING]) {
  const isFree = FREE.includes(at);
  const what = isFree ? "read and write" : "read, and write afterwards,";
  test(`other processes ${what} while a rotation stands at ${at}`, async () => {
    await withDirectory(async (parent) => {
      const world = await makeVault(join(parent, "vault"), "file");
      const child = await hold({ world, rotateTo: "same", at });
      const writing = create(world, "MEANWHILE");
      // The rotation goes on only when these have ended: they cannot have waited for it.
      await jsonIn(world, "secrets", "list");
      await jsonIn(world, "status");
      const { size } = await allValues(world);
      assert.ok(size >= SAMPLES.length);
      if (isFree) await writing;
      child.go();
      const { exitCode, stderr } = await child.ended;
      assert.equal(exitCode, 0, stderr);
      const written = await writing;
      assert.equal(written.exitCode, 0, written.stderr);
      await checkAll(world, ["MEANWHILE"]);
      assert.equal(await rotationsOf(world), 1);
    });
  });
}

test("rotate-master that another one comes between says so, and the vault has the key of one of them", async () => {
  await withDirectory(async (parent) => {
    const world = await makeVault(join(parent, "vault"), "file");
    const child = await hold({ world, rotateTo: "same", at: "step:intent" });
    await jsonIn(world, "rotate-master");
    child.go();
    const { exitCode, stderr } = await child.ended;
    assert.equal(exitCode, 9, stderr);
    assert.match(stderr, /another rotation came between/);
    await checkAll(world, []);
    assert.equal(await rotationsOf(world), 1);
  });
});

test("rotate-master twice at once: each takes place whole or says that the other came between", async () => {
  await withDirectory(async (parent) => {
    const world = await makeVault(join(parent, "vault"), "file");
    const both = [1, 2].map(() => ended(start(["rotate-master"], { env: environmentOf(world) })));
    let rotated = 0;
    for (const { exitCode, stderr } of await Promise.all(both)) {
      if (exitCode === 0) rotated++;
      else {
        assert.equal(exitCode, 9, stderr);
        assert.match(stderr, /another rotation came between/);
      }
    }
    assert.ok(rotated > 0);
    await checkAll(world, []);
    assert.equal(await rotationsOf(world), rotated);
  });
});

test("sixteen creates beside a rotation all take place", async () => {
  await withDirectory(async (parent) => {
    const world = await makeVault(join(parent, "vault"), "file");
    const child = await hold({ world, rotateTo: "same", at: "step:rewrapped" });
    const names = Array.from({ length: 16 }, (_, n) => `BESIDE_${n}`);
    const creating = names.map((name) => create(world, name));
    // By the time that this one has started and ended, others wait.
    await runIn(world, "secrets", "list");
    child.go();
    for (const { exitCode, stderr } of await Promise.all(creating)) {
      assert.equal(exitCode, 0, stderr);
    }
    assert.equal((await child.ended).exitCode, 0);
    await checkAll(world, names);
    assert.equal(await rotationsOf(world), 1);
  });
});
