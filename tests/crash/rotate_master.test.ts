/**
 * Kills a rotation of the master key at every step, and on both sides of every call of a key provider, and
 * looks at what the next opening finds.
 *
 * @module
 */
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
import {
  copyVault,
  makeVault,
  type ProviderType,
  type Target,
  withVault,
  type World,
} from "./vaults.ts";

const UNCOMMITTED = ["step:intent", "before:stage", "after:stage", "step:staged", "step:rewrapped"];
const COMMITTED = ["step:stored", "before:commit", "after:commit"];
const RETIRING = ["before:retire", "after:retire"];

const rotations: readonly { provider: ProviderType; target: Target }[] = [
  { provider: "file", target: "same" },
  { provider: "env", target: "same" },
  { provider: "passphrase", target: "same" },
  { provider: "file", target: "passphrase" },
  { provider: "env", target: "passphrase" },
  { provider: "macos-keychain", target: "same" },
  { provider: "macos-keychain", target: "passphrase" },
];

/** The runs of `security` from the opening to the staged key that was read back. */
const RUNS_TO_STAGE = 3;
/** Those that look at the staged one, put it in its place, remove it and look at what is there. */
const RUNS_TO_COMMIT = 6;

/** Before each run, and behind the last: nothing durable happens between two. */
const RUNS = RUNS_TO_STAGE + RUNS_TO_COMMIT;
const runPoints = [
  ...Array.from({ length: RUNS }, (_, n) => ({ at: `before:security ${n + 1}`, done: n })),
  { at: `after:security ${RUNS}`, done: RUNS },
];

const made = mkdtempSync(join(tmpdir(), "aivault-test-"));
after(() => rmSync(made, { recursive: true, force: true }));
const worlds = new Map<ProviderType, Promise<World>>();

/** A vault of this provider, made once and copied to `directory`. */
async function vaultOf(provider: ProviderType, directory: string): Promise<World> {
  const world = worlds.get(provider) ?? makeVault(join(made, provider), provider);
  worlds.set(provider, world);
  return await copyVault(await world, directory);
}

for (const { provider, target } of rotations) {
  const name = target === "same" ? `of provider ${provider}` : `from ${provider} to a passphrase`;
  const retiring = target === "same" ? [] : RETIRING;
  for (const at of [...UNCOMMITTED, ...COMMITTED, ...retiring, "step:settled"]) {
    // The calls of this provider are its runs of `security`, which are below.
    if (provider === "macos-keychain" && !at.startsWith("step:") && !retiring.includes(at)) {
      continue;
    }
    test(`rotateMaster() ${name}: every secret is readable when killed at ${at}`, async () => {
      await killAndReopen(provider, target, at, UNCOMMITTED.includes(at));
    });
  }
}

for (const { at, done } of runPoints) {
  test(`rotateMaster() of provider macos-keychain: every secret is readable when killed at ${at}`, async () => {
    await killAndReopen("macos-keychain", "same", at, done < RUNS_TO_STAGE);
  });
}

async function killAndReopen(
  provider: ProviderType,
  target: Target,
  at: string,
  isUncommitted: boolean,
): Promise<void> {
  await withDirectory(async (parent) => {
    const world = await vaultOf(provider, join(parent, "vault"));
    const from = await before(world);
    await crash({ world, rotateTo: target, at });
    const committed = await isCommitted(world, from);
    assert.equal(committed, !isUncommitted);
    const { kekId } = await peek(world.directory);
    if (at === "step:stored") await checkStaleKeyIsRefused(world, target);
    const now = committed ? rotated(world, target) : world;
    // The program is a process of its own each time, so it opens what the steps leave behind only. It
    // cannot be given the stand-in for the Keychain.
    if (at.startsWith("step:") && now.provider !== "macos-keychain") {
      await openByProgram(now, kekId);
    } else await withVault(now, (vault) => vault.info());
    await checkWhole(now, from, committed ? 1 : 0);
    await checkRotatesAgain(now, from);
  });
}
