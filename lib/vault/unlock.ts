/**
 * Getting at the key of an existing vault, and tidying up after a process that died.
 *
 * @module
 */
import { hasCode, VaultError } from "../errors.ts";
import { healLostKey } from "./init_vault.ts";
import { type KeyProviders, providerOf } from "./key_source.ts";
import { openProofKeys } from "./proof_key.ts";
import { settle } from "./settle_rotation.ts";
import type { Store } from "./store.ts";
import { transact, type VaultState } from "./transaction.ts";
import { readVaultRow, type VaultRow } from "./vault_row.ts";

/** How a lost key may look. */
const LOST_KEY = [
  "WRONG_KEY",
  "KEY_STALE",
  "KEY_MISSING",
  "KEY_UNUSABLE",
  "KEY_UNAVAILABLE",
] as const;

type UnlockState = Pick<VaultState, "store" | "keys" | "now" | "actor">;

/**
 * Makes sure that the vault's key is at hand, and that its row is authentic; heals a key that was lost before there were secrets, and
 * settles a rotation that was left behind.
 *
 * @throws {VaultError} `NOT_FOUND` without a vault, and what the key source reports.
 */
export async function unlock(
  state: UnlockState,
  providers: KeyProviders | undefined,
): Promise<void> {
  try {
    await unlockOrHeal(state, providers);
  } catch (error) {
    if (!hasCode(error, ...LOST_KEY) || (await readRow(state.store)).recovery === null) throw error;
    const { code, attempted, problem, hints } = error;
    throw new VaultError(code, attempted, problem, {
      hints: [...hints, "if the key is lost, come back with: aivault recovery use"],
      cause: error,
    });
  }
}

async function unlockOrHeal(
  state: UnlockState,
  providers: KeyProviders | undefined,
): Promise<void> {
  try {
    const row = await untilStable(state.store, async (row) => {
      (await openProofKeys(await state.keys.current(row), row)).wipe();
      return row;
    });
    if (row.rotation !== null) await settleIfFree(state, providers);
  } catch (error) {
    const row = await readRow(state.store);
    if (providers === undefined) throw error;
    const provider = providerOf(providers, row.provider.type);
    if (hasCode(error, "KEY_MISSING") && provider.selfHeals) {
      return await heal(state, providers, error);
    }
    if (hasCode(error, "WRONG_KEY") && provider.needsPassphrase) {
      await transact(state, (transaction) => transaction.record({ kind: "vault.unlock.failed" }));
    }
    throw error;
  }
}

/**
 * Runs `work` again if it failed for its key while another process was changing the key.
 */
export async function untilStable<T>(
  store: Store,
  work: (row: VaultRow) => Promise<T>,
): Promise<T> {
  let row = await readRow(store);
  while (true) {
    try {
      return await work(row);
    } catch (error) {
      if (!hasCode(error, "WRONG_KEY", "KEY_STALE", "KEY_MISSING")) throw error;
      const before = row.kekId;
      row = await readRow(store);
      if (row.kekId === before) throw error;
    }
  }
}

/** The vault's row at this moment. */
export function readRow(store: Store): Promise<VaultRow> {
  return store.read(readVaultRow);
}

async function settleIfFree(
  state: UnlockState,
  providers: KeyProviders | undefined,
): Promise<void> {
  try {
    await settle(state, providers, { noWait: true });
  } catch (error) {
    // Whoever holds the store may be the rotation itself. The key is at hand, so what cannot be settled
    // now, for want of a provider, a Keychain or a disk, is left to a later opening.
    if (!hasCode(error, "BUSY", "UNSUPPORTED", "KEY_UNAVAILABLE", "DISK")) throw error;
  }
}

async function heal(
  state: UnlockState,
  providers: KeyProviders,
  missing: VaultError,
): Promise<void> {
  if (await healLostKey(state, providers)) return await settle(state, providers);
  throw new VaultError("KEY_MISSING", missing.attempted, missing.problem, {
    hints: ["the vault has secrets under the lost key, so no new key was made", ...missing.hints],
    cause: missing,
  });
}
