/**
 * Kills a rotation of the master key at every step, and on both sides of every call of a key provider, and
 * looks at what the next opening finds.
 *
 * @module
 */
import test from "node:test";
import assert from "node:assert/strict";
import { withDirectory } from "../helpers/program.ts";
import {
  before,
  checkRotatesAgain,
  checkStaleKeyIsRefused,
  checkWhole,
  isCommitted,
  openByProgram,
  rotated,
} from "./after_crash.ts";
import { crash } from "./children.ts";
import { peek } from "./inspect.ts";
import { join } from "node:path";
import { makeVault, type ProviderType, type Target, withVault } from "./vaults.ts";

const UNCOMMITTED = ["step:intent", "before:stage", "after:stage", "step:staged", "step:rewrapped"];
const COMMITTED = ["step:stored", "before:commit", "after:commit"];
const RETIRING = ["before:retire", "after:retire"];

const rotations: readonly { provider: ProviderType; target: Target }[] = [
  { provider: "file", target: "same" },
  { provider: "env", target: "same" },
  { provider: "passphrase", target: "same" },
  { provider: "file", target: "passphrase" },
  { provider: "env", target: "passphrase" },
];

for (const { provider, target } of rotations) {
  const name = target === "same" ? `of provider ${provider}` : `from ${provider} to a passphrase`;
  const retiring = target === "same" ? [] : RETIRING;
  for (const at of [...UNCOMMITTED, ...COMMITTED, ...retiring, "step:settled"]) {
    test(`rotateMaster() ${name}: every secret is readable when killed at ${at}`, async () => {
      await killAndReopen(provider, target, at);
    });
  }
}

async function killAndReopen(provider: ProviderType, target: Target, at: string): Promise<void> {
  await withDirectory(async (parent) => {
    const world = await makeVault(join(parent, "vault"), provider);
    const from = await before(world);
    await crash({ world, rotateTo: target, at });
    const committed = await isCommitted(world, from);
    assert.equal(committed, !UNCOMMITTED.includes(at));
    const { kekId } = await peek(world.directory);
    if (committed) await checkStaleKeyIsRefused(world, target);
    const now = committed ? rotated(world, target) : world;
    // The program is a process of its own each time, so it opens what the steps leave behind only.
    if (at.startsWith("step:")) await openByProgram(now, kekId);
    else await withVault(now, (vault) => vault.info());
    await checkWhole(now, from, committed ? 1 : 0);
    await checkRotatesAgain(now, from);
  });
}
