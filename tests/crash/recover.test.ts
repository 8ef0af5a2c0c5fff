/** Kills a recovery at every step, and looks at what the next one finds. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { withDirectory } from "../helpers/program.ts";
import { makeRecoveryKey } from "../helpers/recovery.ts";
import { crash } from "./children.ts";
import { expectedKekId, filesIn, keysInKeychain, peek } from "./inspect.ts";
import {
  checkValues,
  keychainOf,
  makeVault,
  NEXT_KEY,
  NEXT_PASSPHRASE,
  type ProviderType,
  recoverVault,
  withVault,
  type World,
} from "./vaults.ts";

const UNCOMMITTED = ["step:intent", "before:stage", "after:stage", "step:staged", "step:rewrapped"];
const COMMITTED = ["step:stored", "before:commit", "after:commit", "step:settled"];

for (const provider of ["file", "env", "passphrase", "macos-keychain"] as const) {
  for (const at of [...UNCOMMITTED, ...COMMITTED]) {
    test(`Vault.recover() of provider ${provider}: every secret comes back when killed at ${at}`, async () => {
      await killAndRecover(provider, at);
    });
  }
}

/** `world` without its key: in its place is what the recovery is given. */
async function lose(world: World): Promise<World> {
  if (world.provider === "file") await rm(join(world.directory, "kek.key"));
  if (world.provider === "macos-keychain") await rm(keychainOf(world));
  const variable = Buffer.from(NEXT_KEY).toString("base64");
  return { ...world, variable, passphrase: NEXT_PASSPHRASE };
}

async function killAndRecover(provider: ProviderType, at: string): Promise<void> {
  await withDirectory(async (parent) => {
    const world = await makeVault(join(parent, "vault"), provider);
    const key = await withVault(world, (vault) => makeRecoveryKey(vault));
    const recoveryKey = new TextDecoder().decode(key);
    const { kekId } = await peek(world.directory);
    const lost = await lose(world);
    await crash({ world: lost, recoverWith: recoveryKey, at });
    const committed = (await peek(world.directory)).kekId !== kekId;
    assert.equal(committed, COMMITTED.includes(at));
    if (committed) await withVault(lost, checkValues);
    else await (await recoverVault(lost, recoveryKey)).close();
    await withVault(lost, checkValues);
    assert.equal((await peek(world.directory)).rotation, null);
    const files = provider === "file" ? ["kek.key", "vault.db"] : ["vault.db"];
    assert.deepEqual(await filesIn(world.directory), files);
    const { kekId: present, vaultId } = await peek(world.directory);
    const inKeychain = (await keysInKeychain(world)).map((kek) => expectedKekId(kek, vaultId));
    assert.deepEqual(inKeychain, provider === "macos-keychain" ? [present] : []);
  });
}
