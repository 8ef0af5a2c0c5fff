/**
 * What must be true of a vault whose rotation was killed, before and after it is opened again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { jsonIn, runIn } from "./children.ts";
import {
  deksAndValues,
  expectedKekId,
  filesIn,
  keyInFile,
  keysInKeychain,
  peek,
} from "./inspect.ts";
import {
  checkValues,
  NEXT_KEY,
  NEXT_PASSPHRASE,
  nextKey,
  providersOf,
  SAMPLES,
  type Target,
  withVault,
  type World,
} from "./vaults.ts";

const THIRD_KEY = new Uint8Array(32).fill(0x33);

/** A vault before it was rotated. */
export interface Before {
  readonly world: World;
  readonly kekId: string;
  readonly contents: ReadonlyMap<string, string>;
}

/** What a vault is before it is rotated. */
export async function before(world: World): Promise<Before> {
  const { kekId } = await peek(world.directory);
  return { world, kekId, contents: await deksAndValues(world) };
}

/** `world` as its owner opens it once a rotation is committed. */
export function rotated(world: World, target: Target): World {
  if (target === "passphrase") return { ...world, provider: target, passphrase: NEXT_PASSPHRASE };
  return {
    ...world,
    variable: Buffer.from(NEXT_KEY).toString("base64"),
    passphrase: NEXT_PASSPHRASE,
  };
}

/** Whether the store of `world` has committed its rotation. */
export async function isCommitted(world: World, from: Before): Promise<boolean> {
  const { kekId, vaultId, provider } = await peek(world.directory);
  if (kekId === from.kekId) return false;
  if (provider.type !== "passphrase") assert.equal(kekId, expectedKekId(NEXT_KEY, vaultId));
  return true;
}

/** Opens the vault by the program: `secrets list` and `status` work, and name the key it has. */
export async function openByProgram(world: World, kekId: string): Promise<void> {
  const { secrets } = await jsonIn(world, "secrets", "list");
  assert.ok(Array.isArray(secrets));
  assert.deepEqual(secrets.map((one) => one.name).sort(), SAMPLES.map((one) => one.name).sort());
  const status = await jsonIn(world, "status");
  assert.equal(status.kekId, kekId);
  assert.equal(status.state, world.provider === "passphrase" ? "locked" : "unlocked");
}

/**
 * Checks that who still has the key from before is told what to do, and changes nothing by trying. A rotation
 * that was not committed, and a key that the program replaces itself, leave nothing to try.
 */
export async function checkStaleKeyIsRefused(world: World, target: Target): Promise<void> {
  if (keepsItsKey(world) || target === "passphrase") return;
  const untouched = await peek(world.directory);
  for (const args of [["secrets", "list"], ["secrets", "delete", "PLAIN"], ["rotate-master"]]) {
    const { exitCode, stderr } = await runIn(world, ...args);
    assert.equal(exitCode, world.provider === "env" ? 8 : 6, stderr);
    if (world.provider === "env") assert.match(stderr, /hint: put the new key there/);
  }
  // A wrong passphrase is on record; a stale key writes nothing at all.
  const { auditSeq } = world.provider === "env" ? untouched : await peek(world.directory);
  assert.deepEqual(await peek(world.directory), { ...untouched, auditSeq });
}

/**
 * Checks that the vault was rotated so many times and is whole, that its provider has its key, and that
 * nothing else is left of the rotations.
 */
export async function checkWhole(world: World, from: Before, rotations: number): Promise<void> {
  await withVault(world, async (vault) => {
    await checkValues(vault);
    const events = await vault.audit({ limit: 1_000 });
    const recorded = events.filter((event) => event.kind === "vault.rotate-master");
    assert.equal(recorded.length, rotations);
  });
  assert.deepEqual(await deksAndValues(world), from.contents);
  const { rotation, kekId, vaultId } = await peek(world.directory);
  assert.equal(rotation, null);
  const keyFile = world.provider === "file" ? ["kek.key"] : [];
  assert.deepEqual(await filesIn(world.directory), [...keyFile, "vault.db"]);
  const inKeychain = (await keysInKeychain(world)).map((kek) => expectedKekId(kek, vaultId));
  assert.deepEqual(inKeychain, world.provider === "macos-keychain" ? [kekId] : []);
  if (world.provider !== "file") return;
  const kek = await keyInFile(join(world.directory, "kek.key"));
  assert.equal(expectedKekId(kek, vaultId), kekId);
}

/** Whether the key provider of `world` keeps the key itself. */
function keepsItsKey(world: World): boolean {
  return world.provider === "file" || world.provider === "macos-keychain";
}

/** Checks that the master key can be rotated once more, and that the provider then has that key. */
export async function checkRotatesAgain(world: World, from: Before): Promise<void> {
  await withVault(world, async (vault) => {
    await vault.rotateMaster(await nextKey(providersOf(world), vault, "same", THIRD_KEY));
  });
  const variable = Buffer.from(THIRD_KEY).toString("base64");
  const again = { ...world, variable, passphrase: NEXT_PASSPHRASE };
  await withVault(again, checkValues);
  assert.deepEqual(await deksAndValues(again), from.contents);
  const { kekId, vaultId } = await peek(world.directory);
  if (world.provider !== "passphrase") assert.equal(kekId, expectedKekId(THIRD_KEY, vaultId));
  if (world.provider === "macos-keychain") {
    assert.deepEqual(await keysInKeychain(world), [THIRD_KEY]);
  }
  if (world.provider !== "file") return;
  assert.deepEqual(await keyInFile(join(world.directory, "kek.key")), THIRD_KEY);
}
