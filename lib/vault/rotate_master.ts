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
import { VaultError } from "../errors.ts";
import { openAnchor, sealAnchor } from "./anchor.ts";
import { rewrapDek } from "./envelope.ts";
import { holdKek, type KekHandle, kekIdOf, sameKekId } from "./kek.ts";
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

/** A step of a rotation that has just been taken. */
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

const PAGE = 500;

/** Rotates to `next`, which the caller wipes. Without `providers` the caller keeps the key. */
export async function rotateMaster(
  state: VaultState,
  providers: KeyProviders | undefined,
  next: ProvidedKey,
  onStep: StepListener = () => {},
): Promise<RotationResult> {
  await settle(state, providers);
  const rotation = await transact(state, async (transaction) => {
    await transaction.key();
    return noteIntent(transaction, next);
  });
  await onStep("intent");
  let stored: { count: number; vaultId: string };
  try {
    stored = await storeRotation(state, providers, next, rotation.toKekId, onStep);
  } catch (error) {
    // What is left behind is also settled by the next opening, so this may fail too.
    await settle(state, providers).catch(() => {});
    throw error;
  }
  const { count, vaultId } = stored;
  state.keys.adopt(next.kek, vaultId);
  await onStep("stored");
  await settle(state, providers);
  await onStep("settled");
  return { secrets: count, kekId: rotation.toKekId };
}

function storeRotation(
  state: VaultState,
  providers: KeyProviders | undefined,
  next: ProvidedKey,
  toKekId: string,
  onStep: StepListener,
): Promise<{ count: number; vaultId: string }> {
  return transact(state, async (transaction) => {
    if (transaction.row.rotation?.toKekId !== toKekId) {
      throw new VaultError("BUSY", "rotate the master key", "another rotation came between", {
        hints: ["nothing was changed; try again"],
      });
    }
    if (providers !== undefined) {
      await providerOf(providers, next.settings.type).stage(next.settings, next.kek);
    }
    await onStep("staged");
    const count = await rewrapAll(transaction, next);
    await onStep("rewrapped");
    return { count, vaultId: transaction.row.vaultId };
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
  await transact(state, async (transaction) => {
    const { row } = transaction;
    if (row.rotation === null) return;
    if (providers !== undefined) await settleProviders(providers, row, row.rotation);
    transaction.change({ rotation: null });
  }, options);
}

async function settleProviders(
  providers: KeyProviders,
  row: VaultRow,
  rotation: PendingRotation,
): Promise<void> {
  const to = providerOf(providers, rotation.to.type);
  if (!sameKekId(row.kekId, rotation.toKekId)) return await to.discard(rotation.to);
  await to.commit(rotation.to);
  if (rotation.from.type === rotation.to.type) return;
  const from = providerOf(providers, rotation.from.type);
  if (await holdsRetiredKey(from, row, rotation.from)) await from.retire(rotation.from);
}

// A key that somebody else has put there since is not the vault's to remove.
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
    if (error instanceof VaultError) return false;
    throw error;
  }
}

function noteIntent(transaction: Transaction, next: ProvidedKey): PendingRotation {
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
  const rotation = { from: row.provider, to: next.settings, toKekId };
  transaction.change({ rotation });
  return rotation;
}

async function rewrapAll(transaction: Transaction, next: ProvidedKey): Promise<number> {
  const { row, nowMs } = transaction;
  const from = await transaction.key();
  const to = holdKek(next.kek, row.vaultId);
  try {
    const anchor = await openAnchor(from, row);
    const auditAnchor = await sealAnchor(to, row.vaultId, row.auditAnchorSeq, anchor);
    wipe(anchor);
    const count = await rewrapPages(transaction, from, to);
    transaction.change({
      provider: next.settings,
      kekId: to.kekId,
      retiredKekIds: [row.kekId, ...row.retiredKekIds].slice(0, MAX_RETIRED_KEK_IDS),
      auditAnchor,
      updatedAtMs: nowMs,
    });
    const note = `${row.provider.type} to ${next.settings.type}`;
    await transaction.record({ kind: "vault.rotate-master", note });
    return count;
  } finally {
    to.close();
  }
}

async function rewrapPages(
  transaction: Transaction,
  from: KekHandle,
  to: KekHandle,
): Promise<number> {
  const { writer, row } = transaction;
  let count = 0;
  let after: string | undefined;
  while (true) {
    const page = await writer.secrets(after, PAGE);
    for (const stored of page) {
      const record = parseSecretRow(stored);
      const { kekId, wrappedDek } = await rewrapDek(from, to, row.vaultId, record);
      await writer.rewrapSecret(record.id, kekId, wrappedDek);
      after = record.id;
    }
    count += page.length;
    if (page.length < PAGE) return count;
  }
}
