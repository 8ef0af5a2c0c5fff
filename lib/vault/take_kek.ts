/**
 * What unlocking and locking need of a vault that is not open.
 *
 * @module
 */
import { wipe } from "../crypto/bytes.ts";
import { hasCode, VaultError } from "../errors.ts";
import { callerKey, type KeyProviders, type KeySource, loadKek, providerOf } from "./key_source.ts";
import type { Store } from "./store.ts";
import { transact } from "./transaction.ts";
import { untilStable } from "./read_row.ts";

/** Where, when and who. */
export interface TakeKekState {
  readonly store: Store;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
  /** Who acts, for the audit. */
  readonly actor: string;
}

/** A vault's key, to be held by somebody else. */
export interface TakenKek {
  readonly vaultId: string;
  readonly kekId: string;
  /** 32 bytes. The caller wipes it. */
  readonly kek: Uint8Array;
}

/**
 * The KEK of the vault, checked against its kekId, for somebody who is about to hold it: that goes on record, and so
 * does a wrong passphrase.
 *
 * @throws {VaultError} `WRONG_KEY`, and what the key provider reports.
 */
export async function takeKek(state: TakeKekState, providers: KeyProviders): Promise<TakenKek> {
  // Another process may rotate the key between the two steps.
  return await untilStable(state.store, async () => {
    const taken = await loadTaken(state, providers);
    try {
      await recordUnlock(state, taken.kek);
      return taken;
    } catch (error) {
      wipe(taken.kek);
      throw error;
    }
  });
}

async function loadTaken(state: TakeKekState, providers: KeyProviders): Promise<TakenKek> {
  try {
    return await untilStable(state.store, async (row) => {
      const { vaultId, kekId } = row;
      return { vaultId, kekId, kek: await loadKek(providers, row) };
    });
  } catch (error) {
    if (hasCode(error, "WRONG_KEY")) await recordLocked(state, "vault.unlock.failed");
    throw error;
  }
}

// This proves the vault's description too.
async function recordUnlock(state: TakeKekState, kek: Uint8Array): Promise<void> {
  const keys = callerKey(kek);
  try {
    await transact(
      { ...state, keys },
      (transaction) => transaction.record({ kind: "vault.unlock" }),
    );
  } finally {
    keys.close();
  }
}

/** Puts it on record if `error` says that a passphrase was wrong; another key that does not fit was not guessed. */
export async function recordWrongPassphrase(
  state: TakeKekState,
  providers: KeyProviders,
  type: string,
  error: unknown,
): Promise<void> {
  if (!hasCode(error, "WRONG_KEY") || !hasLock(providers, type)) return;
  await recordLocked(state, "vault.unlock.failed");
}

/** Whether the key of the vault's provider `type` can be locked away: it needs a passphrase. */
export function hasLock(providers: KeyProviders, type: string): boolean {
  return providerOf(providers, type).needsPassphrase;
}

/**
 * Records that the vault was locked, or that somebody tried a passphrase or a recovery key that is not its own, which needs
 * no key.
 *
 * @param note What was to be opened, if it was not the vault itself.
 */
export async function recordLocked(
  state: TakeKekState,
  kind: "vault.unlock.failed" | "vault.lock" | "recovery.use.failed",
  note?: "backup",
): Promise<void> {
  const event = note === undefined ? { kind } : { kind, note };
  await transact({ ...state, keys: NO_KEY }, (transaction) => transaction.record(event));
}

const NO_KEY: KeySource = {
  current: () => Promise.reject(new VaultError("LOCKED", "use the vault's key", "it is locked")),
  adopt: () => Promise.resolve(),
  close: () => {},
};
