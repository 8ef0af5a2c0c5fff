/**
 * Finishing or discarding a rotation of the master key that was begun, by what the store committed.
 *
 * @module
 */
import { wipe } from "../../crypto/bytes.ts";
import { hasCode, VaultError } from "../../errors.ts";
import { givenKey, stagedKeyOf } from "./given_key.ts";
import { kekIdOf, sameKekId } from "./kek.ts";
import type { KeyProvider } from "./key_provider.ts";
import {
  CALLER_SETTINGS,
  type KeyProviders,
  loadKek,
  noProvider,
  providerOf,
} from "./key_source.ts";
import { transact, type Transaction, type TransactionState } from "../transaction.ts";
import type { PendingRotation, ProviderSettings, VaultRow } from "../vault_row.ts";

/**
 * Finishes or discards a rotation that was begun; without one it does nothing.
 *
 * @throws {VaultError} `BUSY` with `noWait` if another process holds the store.
 */
export async function settle(
  state: TransactionState,
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
  else refuseKept(row, row.rotation);
  await transaction.revise({ rotation: null });
}

// Who is given the key by the caller cannot know whether it is in its place, unless it is the caller's still: then a
// recovery to a provider's place has failed.
function refuseKept(row: VaultRow, { from, to, toKekId }: PendingRotation): void {
  if (row.provider.type === CALLER_SETTINGS.type && !sameKekId(row.kekId, toKekId)) return;
  const kept = [from, to].find(({ type }) => type !== CALLER_SETTINGS.type);
  if (kept !== undefined) throw noProvider(kept.type);
}

/**
 * {@linkcode settleWithin}, but that a place which cannot be reached, or has lost its key, is given up: the key
 * is about to go elsewhere. Until it has gone there, {@linkcode settle} still finds it staged.
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
  state: TransactionState,
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
  if (!sameKekId(row.kekId, rotation.toKekId)) return await discard(providers, row, rotation);
  const to = providerOf(providers, rotation.to.type);
  // A vault that was put back may find a key there that another rotation has staged.
  if (await stagedKey(to, rotation.to, row) !== "another") await to.commit(rotation.to);
  await checkInPlace(to, row, rotation.to);
  if (rotation.from.type === rotation.to.type) return;
  const from = providerOf(providers, rotation.from.type);
  if (!from.needsPassphrase && await holdsRetiredKey(from, row, rotation.from)) {
    await from.retire(rotation.from);
  }
}

async function discard(
  providers: KeyProviders,
  row: VaultRow,
  rotation: PendingRotation,
): Promise<void> {
  // The note of a recovery may have come in the place of the note of a rotation that could not be finished. Then the
  // vault's only key may be staged, also where it cannot be read.
  const to = providerOf(providers, rotation.to.type);
  const left = await stagedKey(to, rotation.to, row);
  if (left === "unusable") {
    await checkInPlace(providerOf(providers, row.provider.type), row, row.provider);
  }
  if (left !== "present") await to.discard(rotation.to);
  const own = providerOf(providers, row.provider.type);
  const staged = await stagedKey(own, row.provider, row);
  if (staged === "none" || staged === "another") return;
  await own.commit(row.provider);
  await checkInPlace(own, row, row.provider);
}

/**
 * Whether a key is staged at `provider`, and whether it is the vault's present one.
 *
 * @throws {VaultError} if the place cannot be reached.
 */
async function stagedKey(
  provider: KeyProvider,
  settings: ProviderSettings,
  row: VaultRow,
): Promise<"none" | "present" | "another" | "unusable"> {
  try {
    const kek = await stagedKeyOf(provider, settings);
    if (kek === undefined) return "none";
    const kekId = kekIdOf(kek, row.vaultId);
    wipe(kek);
    return sameKekId(kekId, row.kekId) ? "present" : "another";
  } catch (error) {
    if (hasCode(error, "KEY_UNUSABLE")) return "unusable";
    throw error;
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
    kek = await givenKey(provider, settings);
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
    const kek = await givenKey(provider, settings);
    const kekId = kekIdOf(kek, row.vaultId);
    wipe(kek);
    return row.retiredKekIds.some((retired) => sameKekId(retired, kekId));
  } catch (error) {
    if (!(error instanceof VaultError) || hasCode(error, "KEY_UNAVAILABLE", "DISK")) throw error;
    return false;
  }
}
