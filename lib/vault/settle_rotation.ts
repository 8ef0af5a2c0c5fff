/**
 * Finishing or discarding a rotation of the master key that was begun, by what the store committed.
 *
 * @module
 */
import { wipe } from "../crypto/bytes.ts";
import { hasCode, VaultError } from "../errors.ts";
import { kekIdOf, sameKekId } from "./kek.ts";
import type { KeyProvider } from "./key_provider.ts";
import { type KeyProviders, loadKek, providerOf } from "./key_source.ts";
import { transact, type Transaction, type VaultState } from "./transaction.ts";
import type { PendingRotation, ProviderSettings, VaultRow } from "./vault_row.ts";

/**
 * Finishes or discards a rotation that was begun; without one it does nothing.
 *
 * @throws {VaultError} `BUSY` with `noWait` if another process holds the store.
 */
export async function settle(
  state: Pick<VaultState, "store" | "keys" | "now" | "actor">,
  providers: KeyProviders | undefined,
  options: { noWait?: boolean } = {},
): Promise<void> {
  await transact(state, (transaction) => settleWithin(transaction, providers), options);
}

/** {@linkcode settle} in a transaction that is under way. */
export async function settleWithin(
  transaction: Transaction,
  providers: KeyProviders | undefined,
): Promise<void> {
  const { row } = transaction;
  if (row.rotation === null) return;
  // Nothing is put in place or removed by a note that somebody else may have written.
  await transaction.proofKeys();
  if (providers !== undefined) await settleProviders(providers, row, row.rotation);
  await transaction.revise({ rotation: null });
}

/**
 * {@linkcode settleWithin}, but that a place which cannot be reached, or has lost its key, is given up: the key
 * is about to go elsewhere.
 */
export async function settleIfReached(
  transaction: Transaction,
  providers: KeyProviders | undefined,
): Promise<void> {
  try {
    await settleWithin(transaction, providers);
  } catch (error) {
    if (!(error instanceof VaultError) || hasCode(error, "INTEGRITY")) throw error;
    await transaction.revise({ rotation: null });
  }
}

/**
 * Removes a staged key that no rotation refers to. Keys are staged while the store is held for writing, so
 * none of a rotation under way is meant.
 *
 * @throws {VaultError} if the vault's own key is not in its place.
 */
export async function discardStray(
  state: Pick<VaultState, "store" | "keys" | "now" | "actor">,
  providers: KeyProviders,
): Promise<void> {
  await transact(state, async (transaction) => {
    const { row } = transaction;
    if (row.rotation !== null) return;
    await transaction.proofKeys();
    wipe(await loadKek(providers, row));
    await providerOf(providers, row.provider.type).discard(row.provider);
  });
}

async function settleProviders(
  providers: KeyProviders,
  row: VaultRow,
  rotation: PendingRotation,
): Promise<void> {
  const to = providerOf(providers, rotation.to.type);
  if (!sameKekId(row.kekId, rotation.toKekId)) return await to.discard(rotation.to);
  await to.commit(rotation.to);
  await checkInPlace(to, row, rotation.to);
  if (rotation.from.type === rotation.to.type) return;
  const from = providerOf(providers, rotation.from.type);
  if (!from.needsPassphrase && await holdsRetiredKey(from, row, rotation.from)) {
    await from.retire(rotation.from);
  }
}

// A place that wrongly says that it holds no staged key would make the commit do nothing. The note stays
// until the new key is seen there, for with the note the staged one is still looked for.
async function checkInPlace(
  provider: KeyProvider,
  row: VaultRow,
  settings: ProviderSettings,
): Promise<void> {
  if (provider.needsPassphrase || provider.afterRotation !== undefined) return;
  let kek: Uint8Array | undefined;
  let cause: unknown;
  try {
    kek = await provider.load(settings);
    if (sameKekId(kekIdOf(kek, row.vaultId), row.kekId)) return;
  } catch (error) {
    cause = error;
  } finally {
    wipe(kek);
  }
  throw new VaultError(
    "KEY_UNAVAILABLE",
    "finish the rotation of the master key",
    `${provider.describe(settings)} does not hold the new key yet`,
    { hints: ["the vault is whole; the next command tries again"], cause },
  );
}

// A key that somebody else has put there since is not the vault's to remove. A place that cannot be
// reached may still hold it, so that is an error.
async function holdsRetiredKey(
  provider: KeyProvider,
  row: VaultRow,
  settings: ProviderSettings,
): Promise<boolean> {
  try {
    const kek = await provider.load(settings);
    const kekId = kekIdOf(kek, row.vaultId);
    wipe(kek);
    return row.retiredKekIds.some((retired) => sameKekId(retired, kekId));
  } catch (error) {
    if (!(error instanceof VaultError) || hasCode(error, "KEY_UNAVAILABLE", "DISK")) throw error;
    return false;
  }
}
