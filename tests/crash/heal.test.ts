/**
 * A Keychain entry that was lost: a new key where nothing is lost by it, killed at every step, and a refusal
 * where there are secrets.
 *
 * @module
 */
import test from "node:test";
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { checkChain } from "../helpers/independent_chain.ts";
import { withDirectory } from "../helpers/program.ts";
import { crash } from "./children.ts";
import { expectedKekId, filesIn, keysInKeychain, peek } from "./inspect.ts";
import { keychainOf, makeVault, openVault, withVault, type World } from "./vaults.ts";

/** Runs of `security` when it heals: four that find nothing or stage the key, then those that put it in its place. */
const RUNS = 10;

async function healedKek(world: World): Promise<Uint8Array> {
  const { kekId, vaultId, rotation } = await peek(world.directory);
  assert.equal(rotation, null);
  const [kek, ...more] = await keysInKeychain(world);
  assert.ok(kek);
  assert.deepEqual(more, [], "no staged key is left");
  assert.equal(expectedKekId(kek, vaultId), kekId);
  assert.deepEqual(await filesIn(world.directory), ["vault.db"]);
  return kek;
}

/** Checks that the vault has one key, a whole audit, and can be used. */
async function checkHealed(world: World): Promise<void> {
  const kinds = await withVault(world, async (vault) => {
    await vault.create({ name: "FIRST", value: new TextEncoder().encode("kept") });
    await vault.use("FIRST", {}, (value) => assert.equal(new TextDecoder().decode(value), "kept"));
    return (await vault.audit()).map(({ kind }) => kind);
  });
  assert.deepEqual(kinds.slice(0, 3), ["secret.use", "secret.create", "vault.repair-key"]);
  assert.equal(kinds.filter((kind) => kind === "vault.repair-key").length, 1);
  checkChain(join(world.directory, "vault.db"), await healedKek(world));
}

test("Vault.open() makes a new key for a vault without secrets whose Keychain entry is lost", async () => {
  await withDirectory(async (parent) => {
    const world = await makeVault(join(parent, "vault"), "macos-keychain", []);
    const [lost] = await keysInKeychain(world);
    await rm(keychainOf(world));
    await checkHealed(world);
    assert.notDeepEqual(await healedKek(world), lost);
  });
});

// Nothing durable happens between two runs.
const points = Array.from({ length: RUNS }, (_, n) => `before:security ${n + 1}`);

for (const at of [...points, `after:security ${RUNS}`]) {
  test(`Vault.open() heals a lost Keychain entry though a process was killed at ${at} while it did`, async () => {
    await withDirectory(async (parent) => {
      const world = await makeVault(join(parent, "vault"), "macos-keychain", []);
      await rm(keychainOf(world));
      await crash({ world, at });
      await checkHealed(world);
    });
  });
}

test("Vault.open() makes no new key when the entry is lost and there are secrets, and says how to restore it", async () => {
  await withDirectory(async (parent) => {
    const world = await makeVault(join(parent, "vault"), "macos-keychain");
    await rm(keychainOf(world));
    const before = await peek(world.directory);
    await assert.rejects(openVault(world), (error: Error & { code?: string; hints?: string[] }) => {
      assert.equal(error.code, "KEY_MISSING");
      assert.match(
        error.hints?.join("\n") ?? "",
        /no new key was made[^]*restore the login Keychain/,
      );
      return true;
    });
    assert.deepEqual(await keysInKeychain(world), []);
    assert.deepEqual(await peek(world.directory), before);
  });
});
