/**
 * Unlocking: taking a vault's key to be held elsewhere.
 *
 * @module
 */
import { wipe } from "../../crypto/bytes.ts";
import { hasCode } from "../../errors.ts";
import { callerKey, type KeyProviders, loadKek } from "./key_source.ts";
import { untilStable } from "../read_row.ts";
import { recordKeyless } from "../audit/record_keyless.ts";
import { type KeylessState, transact } from "../transaction.ts";

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
export async function takeKek(state: KeylessState, providers: KeyProviders): Promise<TakenKek> {
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

async function loadTaken(state: KeylessState, providers: KeyProviders): Promise<TakenKek> {
  try {
    return await untilStable(state.store, async (row) => {
      const { vaultId, kekId } = row;
      return { vaultId, kekId, kek: await loadKek(providers, row) };
    });
  } catch (error) {
    if (hasCode(error, "WRONG_KEY")) await recordKeyless(state, "vault.unlock.failed");
    throw error;
  }
}

// This proves the vault's description too.
async function recordUnlock(state: KeylessState, kek: Uint8Array): Promise<void> {
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
