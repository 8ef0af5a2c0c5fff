/**
 * Many processes at work on one vault, its master key being rotated among them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { checkChain } from "../../helpers/independent_chain.ts";
import { jsonIn, runIn, startChild } from "../children.ts";
import { expectedKekId, filesIn, keyInFile, peek, stateOf } from "../inspect.ts";
import { makeVault, withVault, type World } from "../vaults.ts";
import { type Deeds, type Plan, type Readings, SHARED } from "./shared.ts";

/** How many do how much. */
export interface Crowd {
  readonly processes: number;
  readonly operations: number;
  readonly seed: number;
}

/** What was measured. */
export interface Measured {
  readonly rotations: number;
  readonly reads: number;
  readonly longestReadMs: number;
  readonly longestWriteMs: number;
}

/** Runs `crowd` on a new vault in `directory`, and checks that nothing that anyone did is lost. */
export async function runCrowd(directory: string, crowd: Crowd): Promise<Measured> {
  const world = await makeVault(directory, "file");
  await withVault(world, async (vault) => {
    await vault.create({ name: SHARED, value: new TextEncoder().encode("shared at first") });
  });
  const before = (await stateOf(world)).filter((line) => JSON.parse(line).name !== SHARED);
  const reader = startChild("crowd/reader.ts", world);
  const members = Array.from({ length: crowd.processes }, (_, number) => {
    const plan: Plan = { world, number, operations: crowd.operations, seed: crowd.seed };
    return startChild("crowd/member.ts", plan).ended;
  });
  const working = Promise.all(members);
  const rotations = await rotateUntil(world, working);
  const deeds = (await working).map(({ exitCode, stdout, stderr }): Deeds => {
    assert.equal(exitCode, 0, stderr);
    assert.equal(stderr, "");
    return JSON.parse(stdout);
  });
  reader.go();
  const read = await reader.ended;
  assert.equal(read.exitCode, 0, read.stderr);
  const { reads, longestMs }: Readings = JSON.parse(read.stdout);
  await checkDeeds(world, before, deeds);
  await checkKeyAndAudit(world, rotations);
  return {
    rotations,
    reads,
    longestReadMs: longestMs,
    longestWriteMs: Math.max(...deeds.map(({ longestWriteMs }) => longestWriteMs)),
  };
}

/** Rotates the master key by the program, again and again, until `working` is done; gives how often. */
async function rotateUntil(world: World, working: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = working.finally(() => (isDone = true));
  let rotations = 0;
  do {
    const { exitCode, stderr } = await runIn(world, "rotate-master");
    assert.equal(exitCode, 0, stderr);
    assert.equal(stderr, "");
    rotations++;
  } while (!isDone);
  await done;
  return rotations;
}

async function checkDeeds(
  world: World,
  before: readonly string[],
  deeds: readonly Deeds[],
): Promise<void> {
  const state = (await stateOf(world)).map((line) => JSON.parse(line));
  const shared = state.find(({ name }) => name === SHARED);
  assert.ok(shared);
  const others = state.filter(({ name }) => name !== SHARED);
  const values = new Map(others.map(({ name, text }) => [name, text]));
  const expected = new Map<string, string>();
  for (const line of before) expected.set(JSON.parse(line).name, JSON.parse(line).text);
  for (const { own } of deeds) {
    for (const [name, value] of Object.entries(own)) expected.set(name, value);
  }
  assert.deepEqual(values, expected, "every secret is as its member left it");
  const groups = shared.attachedGroups.map(({ groupId }: { groupId: string }) => groupId);
  assert.deepEqual(groups.sort(), deeds.flatMap(({ attached }) => attached).sort());
  const given = deeds.flatMap(({ shared }) => shared);
  assert.equal(shared.valueVersion, 1 + given.length, "every rotation of the shared value counts");
  assert.ok(given.length === 0 || given.includes(shared.text));
}

async function checkKeyAndAudit(world: World, rotations: number): Promise<void> {
  await jsonIn(world, "status");
  await jsonIn(world, "audit", "verify");
  const { rotation, kekId, vaultId } = await peek(world.directory);
  assert.equal(rotation, null);
  assert.deepEqual(await filesIn(world.directory), ["kek.key", "vault.db"]);
  const kek = await keyInFile(join(world.directory, "kek.key"));
  assert.equal(expectedKekId(kek, vaultId), kekId);
  checkChain(join(world.directory, "vault.db"), kek);
  const recorded = await withVault(
    world,
    async (vault) =>
      (await vault.audit({ limit: 1_000_000 })).filter(({ kind }) =>
        kind === "vault.rotate-master"
      ),
  );
  assert.equal(recorded.length, rotations);
}
