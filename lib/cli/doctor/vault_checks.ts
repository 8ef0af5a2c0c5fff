/**
 * Checks of the vault that need no key.
 *
 * @module
 */
import { VaultError } from "../../errors.ts";
import { kekIdOf, sameKekId } from "../../vault/keys/kek.ts";
import { wipe } from "../../crypto/bytes.ts";
import { providedKey, providerOf } from "../../vault/keys/key_source.ts";
import { discardStray } from "../../vault/keys/settle_rotation.ts";
import type { Store } from "../../vault/store.ts";
import { readRow } from "../../vault/read_row.ts";
import { heldOf } from "../agent_facts.ts";
import { statusOf } from "../agent_status.ts";
import { describeTime } from "../facts.ts";
import { ACTOR, checkKey } from "../session.ts";
import { type Check, fine, type OpenScene, type Scene } from "./check.ts";

/** How far the clock may be behind the newest event: a minute. */
const CLOCK_SLACK_MS = 60_000;

/** The clock, against the newest event. */
export const clockCheck: Check<OpenScene> = {
  name: "clock",
  async run({ store }) {
    const [newest] = await store.read((reader) => reader.audit({ limit: 1 }));
    const nowMs = Date.now();
    const summary = `now ${describeTime(nowMs)}`;
    if (newest === undefined || newest.timeMs <= nowMs + CLOCK_SLACK_MS) return fine(summary);
    return {
      summary,
      findings: [{
        severity: "warning",
        cause: `the newest event is of ${describeTime(newest.timeMs)}, which is still to come`,
        mend: "set the clock of this machine; it decides when secrets expire",
        code: "INTEGRITY",
      }],
    };
  },
};

/** The process that keeps the vault unlocked. */
export const agentCheck: Check<OpenScene> = {
  name: "agent",
  async run({ context, row }) {
    const status = await statusOf(context, row.kekId);
    if (status === undefined) return fine("none is running");
    if (status.held === null) return fine("running, and locked");
    if (heldOf(status, row.kekId) !== null) return fine("running, and holds the key");
    return {
      summary: "running",
      findings: [{
        severity: "warning",
        cause: "the agent holds a key that is not the vault's",
        mend: "aivault lock",
        code: "KEY_UNUSABLE",
      }],
    };
  },
};

/** A rotation of the master key that was begun and not finished. */
export const rotationCheck: Check<OpenScene> = {
  name: "rotation",
  async run(scene) {
    const { row, providers } = scene;
    const { rotation, provider: settings } = row;
    if (rotation !== null) {
      const isStored = sameKekId(rotation.toKekId, row.kekId);
      const what = isStored
        ? "took place, and is not tidied up yet"
        : "was begun, and is under way or was given up";
      return {
        summary: "of the master key",
        findings: [{
          severity: "warning",
          cause: `a rotation to ${rotation.to.type} ${what}`,
          mend: "any command that needs the key settles it, such as: aivault secrets list",
          code: "KEY_UNAVAILABLE",
          fix: () => settleNow(scene),
        }],
      };
    }
    const provider = providerOf(providers, settings.type);
    const staged = await provider.loadStaged(settings);
    if (staged === undefined) return fine("none is under way");
    const isPresent = sameKekId(kekIdOf(staged, row.vaultId), row.kekId);
    wipe(staged);
    return {
      summary: "of the master key",
      findings: [{
        severity: "warning",
        cause: isPresent
          ? "a second copy of the vault's key is kept for a rotation that is over"
          : "a key is kept for a rotation that never took place",
        mend: `remove it beside ${provider.describe(settings)}, once that opens the vault`,
        code: "KEY_UNUSABLE",
        fix: () => discardNow(scene),
      }],
    };
  },
};

// A finding is mended after the checks, when their store is closed.
async function withStore<T>({ health }: Scene, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await health.openStore();
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function settleNow(scene: OpenScene): Promise<string> {
  return withStore(scene, async (store) => {
    await checkKey(store, scene.providers);
    if ((await readRow(store)).rotation === null) return "settled the rotation";
    throw new VaultError("KEY_UNAVAILABLE", "settle the rotation", "a key cannot be reached");
  });
}

function discardNow(scene: OpenScene): Promise<string> {
  return withStore(scene, async (store) => {
    const keys = providedKey(scene.providers);
    try {
      await discardStray({ store, keys, now: Date.now, actor: ACTOR }, scene.providers);
      return "removed the key that was kept for a rotation";
    } finally {
      keys.close();
    }
  });
}

/** Which program this is. */
export const versionCheck: Check<Scene> = {
  name: "version",
  async run({ context }) {
    const { runtime } = await context.build();
    return fine(`aivault ${context.version} on ${runtime}`);
  },
};
