/**
 * A place that wrongly says that it holds no staged key, as a Keychain does whose search fails: the commit of
 * a rotation then does nothing.
 */
import test from "node:test";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { withDirectory } from "../helpers/program.ts";
import { before, checkRotatesAgain, checkWhole, rotated } from "./after_crash.ts";
import {
  checkValues,
  makeVault,
  nextKey,
  openVault,
  providerIn,
  providersOf,
  withVault,
  type World,
} from "./vaults.ts";

test("rotateMaster() keeps the staged key until it is seen in its place", async () => {
  await withDirectory(async (parent) => {
    const world = await makeVault(join(parent, "vault"), "file");
    const from = await before(world);
    const staged = join(world.directory, "kek.key.next");
    const blind = blindProviders(world);

    const vault = await openVault(world, blind);
    const next = await nextKey(blind, vault, "same");
    await assert.rejects(vault.rotateMaster(next), { code: "KEY_UNAVAILABLE" });
    await checkValues(vault);
    await vault.close();
    assert.ok(existsSync(staged), "the only copy of the new key is there");

    const again = await openVault(world, blind);
    await checkValues(again);
    const third = await nextKey(blind, again, "same", new Uint8Array(32).fill(0x77));
    await assert.rejects(again.rotateMaster(third), { code: "KEY_UNAVAILABLE" });
    await again.close();
    assert.ok(existsSync(staged), "a later rotation does not write over it");

    const after = rotated(world, "same");
    await withVault(after, checkValues);
    assert.ok(!existsSync(staged));
    await checkWhole(after, from, 1);
    await checkRotatesAgain(after, from);
  });
});

/** Providers whose commit finds no staged key. */
function blindProviders(world: World) {
  const providers = providersOf(world);
  providers.set("file", { ...providerIn(providers, "file"), commit: () => Promise.resolve() });
  return providers;
}
