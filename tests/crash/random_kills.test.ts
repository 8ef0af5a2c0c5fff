/**
 * Kills `rotate-master` at random times, again and again, on one vault of 500 secrets.
 *
 * `AIVAULT_TEST_KILLS=100` kills more often, `AIVAULT_TEST_SEED` chooses other times.
 *
 * @module
 */
import test from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { checkChain } from "../helpers/independent_chain.ts";
import { ended, start, withDirectory } from "../helpers/program.ts";
import { seededRandom } from "../helpers/random.ts";
import { jsonIn, runIn } from "./children.ts";
import { allValues, expectedKekId, filesIn, keyInFile, peek } from "./inspect.ts";
import { environmentOf, makeVault, withVault, type World } from "./vaults.ts";

const KILLS = Number(process.env["AIVAULT_TEST_KILLS"] ?? 12);
const SEED = Number(process.env["AIVAULT_TEST_SEED"] ?? 20);
const SECRETS = 500;

test(`rotate-master killed ${KILLS} times at random leaves ${SECRETS} secrets readable, and the next command repairs it`, async () => {
  await withDirectory(async (parent) => {
    const world = await makeVault(join(parent, "vault"), "file");
    await fill(world);
    const values = await allValues(world);
    assert.equal(values.size, SECRETS);
    const started = performance.now();
    await jsonIn(world, "rotate-master");
    const wholeMs = performance.now() - started;
    const random = seededRandom(SEED);
    const outcomes = { "not begun": 0, "discarded": 0, "finished": 0, "done": 0 };
    for (let kill = 0; kill < KILLS; kill++) {
      const before = await peek(world.directory);
      // The first third is the start of the runtime.
      await killAfter(world, wholeMs * (0.3 + 0.8 * random()));
      assert.deepEqual(await allValues(world), values, `after kill ${kill}`);
      const killed = await peek(world.directory);
      const committed = killed.kekId !== before.kekId;
      const pending = killed.rotation !== null;
      outcomes[committed ? pending ? "finished" : "done" : pending ? "discarded" : "not begun"]++;
      await checkRepaired(world, killed.kekId);
    }
    console.log(`${KILLS} kills with seed ${SEED}: ${JSON.stringify(outcomes)}`);
    assert.deepEqual(await allValues(world), values);
    await jsonIn(world, "audit", "verify");
    const { exitCode, stderr } = await runIn(world, "rotate-master");
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await allValues(world), values);
  });
});

async function fill(world: World): Promise<void> {
  await withVault(world, async (vault) => {
    const { secrets } = await vault.info();
    const more = Array.from({ length: SECRETS - secrets }, (_, n) => ({
      name: `SECRET_${n}`,
      value: new TextEncoder().encode(`value ${n} ${"x".repeat(n)}`),
    }));
    await vault.import(more);
  });
}

async function killAfter(world: World, ms: number): Promise<void> {
  const child = start(["rotate-master"], { env: environmentOf(world) });
  const end = ended(child);
  await delay(ms);
  child.kill("SIGKILL");
  const { exitCode, signal, stderr } = await end;
  assert.ok(signal === "SIGKILL" || exitCode === 0, stderr);
}

/** Checks that the next command leaves the key in its place, no note, and nothing else. */
async function checkRepaired(world: World, kekId: string): Promise<void> {
  await jsonIn(world, "secrets", "show", "SECRET_7");
  const { rotation, vaultId, kekId: now } = await peek(world.directory);
  assert.equal(rotation, null);
  assert.equal(now, kekId);
  assert.deepEqual(await filesIn(world.directory), ["kek.key", "vault.db"]);
  const kek = await keyInFile(join(world.directory, "kek.key"));
  assert.equal(expectedKekId(kek, vaultId), kekId);
  assert.ok(checkChain(join(world.directory, "vault.db"), kek) > SECRETS);
}
