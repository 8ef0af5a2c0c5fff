/**
 * Rotation of the master key: every DEK is wrapped by a new KEK, no value is touched.
 *
 * 1. *intent*: the store notes which key is to come.
 * 2. *staged*: the provider keeps the new key durably beside the old one.
 * 3. *stored*: in the same transaction of the store as step 2, every DEK is re-wrapped and the settings,
 *    kekId and audit event are written; it commits.
 * 4. *settled*: the provider puts the new key in the place of the old one, and the note is cleared.
 *
 * Steps 2 and 4 happen while the store is held for writing, so no two processes do them at once. A process that
 * dies leaves the note; {@linkcode settle} then finishes or discards, by what the store committed.
 *
 * @module
 */
import { wipe } from "../crypto/bytes.ts";
import { hasCode, VaultError } from "../errors.ts";
import { openAnchor, sealAnchor } from "./anchor.ts";
import { rewrapDeks } from "./envelope.ts";
import { holdKek, kekIdOf, type Rewrapper, sameKekId } from "./kek.ts";
import type { KeyProvider, ProvidedKey } from "./key_provider.ts";
import { type KeyProviders, providerOf } from "./key_source.ts";
import { parseSecretRow } from "./secret.ts";
import { transact, type Transaction, type VaultState } from "./transaction.ts";
import {
  MAX_RETIRED_KEK_IDS,
  type PendingRotation,
  type ProviderSettings,
  type VaultRow,
} from "./vault_row.ts";

/** A step of a rotation that has just been taken; `intent` may be taken more than once. */
export type RotationStep = "intent" | "staged" | "rewrapped" | "stored" | "settled";

/** What a rotation did. */
export interface RotationResult {
  /** How many DEKs were re-wrapped. */
  readonly secrets: number;
  /** The new KEK. */
  readonly kekId: string;
}

/** Called after each step, before the next. */
export type StepListener = (step: RotationStep) => void | Promise<void>;

const PAGE = 100;
/** How often a rotation notes its intent again when others took the note for a dead process's. */
const MAX_ATTEMPTS = 100;

/** Rotates to `next`, which the caller wipes. Without `providers` the caller keeps the key. */
export async function rotateMaster(
  state: VaultState,
  providers: KeyProviders | undefined,
  next: ProvidedKey,
  onStep: StepListener = () => {},
): Promise<RotationResult> {
  let from: string | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    from = await beginRotation(state, providers, next, from);
    await onStep("intent");
    const stored = await storeRotation(state, providers, next, from, onStep);
    if (stored === undefined) continue;
    await state.keys.adopt(next.kek, stored.vaultId);
    await onStep("stored");
    await settle(state, providers);
    await onStep("settled");
    return { secrets: stored.count, kekId: stored.kekId };
  }
  throw cameBetween();
}

/** Settles an earlier rotation and notes this one, if the vault still has the key `from`, which it gives. */
function beginRotation(
  state: VaultState,
  providers: KeyProviders | undefined,
  next: ProvidedKey,
  from: string | undefined,
): Promise<string> {
  return transact(state, async (transaction) => {
    await settleWithin(transaction, providers);
    const { kekId } = transaction.row;
    if (from !== undefined && !sameKekId(kekId, from)) throw cameBetween();
    await transaction.key();
    await noteIntent(transaction, next);
    return kekId;
  });
}

/** What is durable once the store has committed. */
interface Stored {
  readonly count: number;
  readonly vaultId: string;
  readonly kekId: string;
}

/** Stages the new key and re-wraps under it; `undefined` if the intent, noted over `from`, is gone. */
async function storeRotation(
  state: VaultState,
  providers: KeyProviders | undefined,
  next: ProvidedKey,
  from: string,
  onStep: StepListener,
): Promise<Stored | undefined> {
  try {
    return await transact(state, async (transaction) => {
      const { vaultId, rotation, kekId: presentKekId } = transaction.row;
      const kekId = kekIdOf(next.kek, vaultId);
      // While the store was free, others may have taken the note for a dead process's, or rotated.
      const isNoted = rotation !== null && sameKekId(rotation.toKekId, kekId);
      if (!isNoted || !sameKekId(presentKekId, from)) return undefined;
      if (providers !== undefined) {
        await providerOf(providers, next.settings.type).stage(next.settings, next.kek);
      }
      await onStep("staged");
      const count = await rewrapAll(transaction, next);
      await onStep("rewrapped");
      return { count, vaultId, kekId };
    });
  } catch (error) {
    // What is left behind is also settled by the next opening, so this may fail too.
    await settle(state, providers).catch(() => {});
    throw error;
  }
}

function cameBetween(): VaultError {
  return new VaultError("BUSY", "rotate the master key", "another rotation came between", {
    hints: ["nothing was changed; try again"],
  });
}

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

async function settleWithin(
  transaction: Transaction,
  providers: KeyProviders | undefined,
): Promise<void> {
  const { row } = transaction;
  if (row.rotation === null) return;
  // Nothing is put in place or removed by a note that somebody else may have written.
  await transaction.proofKey();
  if (providers !== undefined) await settleProviders(providers, row, row.rotation);
  await transaction.revise({ rotation: null });
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

async function noteIntent(transaction: Transaction, next: ProvidedKey): Promise<void> {
  const { row } = transaction;
  const toKekId = kekIdOf(next.kek, row.vaultId);
  if ([row.kekId, ...row.retiredKekIds].some((used) => sameKekId(used, toKekId))) {
    throw new VaultError(
      "INVALID_INPUT",
      "rotate the master key",
      "the new key is one that the vault had before",
      {
        hints: ["nothing was changed; choose a key that was never used for this vault"],
      },
    );
  }
  await transaction.revise({ rotation: { from: row.provider, to: next.settings, toKekId } });
}

async function rewrapAll(transaction: Transaction, next: ProvidedKey): Promise<number> {
  const { row, nowMs } = transaction;
  const from = await transaction.key();
  const rewrapper = await from.rewrapper(next.kek);
  const to = holdKek(next.kek, row.vaultId);
  try {
    const anchor = await openAnchor(from, row);
    const auditAnchor = await sealAnchor(to, row, anchor);
    wipe(anchor);
    const count = await rewrapPages(transaction, rewrapper, to.kekId);
    const fields = {
      provider: next.settings,
      kekId: to.kekId,
      retiredKekIds: [row.kekId, ...row.retiredKekIds].slice(0, MAX_RETIRED_KEK_IDS),
      auditAnchor,
      updatedAtMs: nowMs,
    };
    await transaction.revise(fields, to);
    const note = `${row.provider.type} to ${next.settings.type}`;
    await transaction.record({ kind: "vault.rotate-master", note });
    return count;
  } finally {
    rewrapper.close();
    to.close();
  }
}

async function rewrapPages(
  transaction: Transaction,
  rewrapper: Rewrapper,
  nextKekId: string,
): Promise<number> {
  const { writer, row } = transaction;
  let count = 0;
  let after: string | undefined;
  while (true) {
    const records = (await writer.secrets(after, PAGE)).map(parseSecretRow);
    const wrapped = await rewrapDeks(rewrapper, row.vaultId, records, row.kekId, nextKekId);
    for (const [i, wrappedDek] of wrapped.entries()) {
      const id = records[i]?.id;
      if (id !== undefined) await writer.rewrapSecret(id, nextKekId, wrappedDek);
      after = id;
    }
    count += records.length;
    if (records.length < PAGE) return count;
  }
}
