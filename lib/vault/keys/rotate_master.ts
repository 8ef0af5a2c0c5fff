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
import { wipe } from "../../crypto/bytes.ts";
import { hasCode, VaultError } from "../../errors.ts";
import { openAnchor, sealAnchor } from "../audit/anchor.ts";
import { rewrapDeks } from "../secrets/envelope.ts";
import { stagedKeyOf } from "./given_key.ts";
import { holdKek, kekIdOf, type Rewrapper, sameKekId } from "./kek.ts";
import type { KeyProvider, ProvidedKey } from "./key_provider.ts";
import { checkProvider, type KeyProviders, providerOf } from "./key_source.ts";
import { ownKey } from "./own_key.ts";
import { disorder } from "../pages_of.ts";
import { resealRecovery } from "./recovery.ts";
import { parseSecretRow, type SecretRow } from "../secrets/secret.ts";
import { secretPages } from "../secrets/secret_pages.ts";
import { settle, settleIfReached, settleWithin } from "./settle_rotation.ts";
import { transact, type Transaction, type VaultState } from "../transaction.ts";
import { MAX_RETIRED_KEK_IDS, type VaultRow } from "../vault_row.ts";

/** A step of a rotation that has just been taken; `intent` may be taken more than once. */
export type RotationStep = "intent" | "staged" | "rewrapped" | "stored" | "settled";

/** What a rotation did. */
export interface RotationResult {
  /** How many DEKs were re-wrapped. */
  readonly secrets: number;
  /** The new KEK. */
  readonly kekId: string;
}

/** Why the key is replaced: `recover` if its provider has lost it. A damaged secret then stops nothing. */
export type RotationPurpose = "rotate" | "recover";

/**
 * Called after each step, before the next. After `staged` and `rewrapped` the store is held for writing: it must not
 * wait for this vault then.
 */
export type StepListener = (step: RotationStep) => void | Promise<void>;

const PAGE = 100;
/** How often a rotation notes its intent again when others took the note for a dead process's. */
const MAX_ATTEMPTS = 100;

/** Rotates to `given`, which is copied at once and which the caller wipes. Without `providers` the caller keeps the key. */
export async function rotateMaster(
  state: VaultState,
  providers: KeyProviders | undefined,
  given: ProvidedKey,
  onStep: StepListener = () => {},
  purpose: RotationPurpose = "rotate",
): Promise<RotationResult> {
  const next = ownKey(given);
  try {
    return await rotateTo(state, providers, next, onStep, purpose);
  } finally {
    wipe(next.kek);
  }
}

async function rotateTo(
  state: VaultState,
  providers: KeyProviders | undefined,
  next: ProvidedKey,
  onStep: StepListener,
  purpose: RotationPurpose,
): Promise<RotationResult> {
  checkProvider(providers, next);
  let from: string | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    from = await beginRotation(state, providers, next, from, purpose);
    await onStep("intent");
    const stored = await storeRotation(state, providers, next, from, onStep, purpose);
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
  purpose: RotationPurpose,
): Promise<string> {
  return transact(state, async (transaction) => {
    await proveKey(transaction, purpose);
    if (purpose === "rotate") await settleWithin(transaction, providers);
    else await settleIfReached(transaction, providers);
    const { kekId } = transaction.row;
    if (from !== undefined && !sameKekId(kekId, from)) throw cameBetween();
    await noteIntent(transaction, next, purpose);
    return kekId;
  });
}

async function proveKey(transaction: Transaction, purpose: RotationPurpose): Promise<void> {
  try {
    await transaction.key();
  } catch (error) {
    // The recovery key has just given the key of that time.
    if (purpose === "recover" && hasCode(error, "WRONG_KEY", "KEY_STALE")) throw cameBetween();
    throw error;
  }
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
  purpose: RotationPurpose,
): Promise<Stored | undefined> {
  try {
    return await transact(state, async (transaction) => {
      const { vaultId, rotation, kekId: presentKekId } = transaction.row;
      const kekId = kekIdOf(next.kek, vaultId);
      // While the store was free, others may have taken the note for a dead process's, or rotated.
      const isNoted = rotation !== null && sameKekId(rotation.toKekId, kekId);
      if (!isNoted || !sameKekId(presentKekId, from)) return undefined;
      if (providers !== undefined) {
        const provider = providerOf(providers, next.settings.type);
        if (purpose === "recover") await checkFree(provider, next, transaction.row);
        await provider.stage(next.settings, next.kek);
      }
      await onStep("staged");
      const count = await rewrapAll(transaction, next, purpose);
      if (purpose === "recover") await transaction.record({ kind: "recovery.use" });
      await onStep("rewrapped");
      return { count, vaultId, kekId };
    });
  } catch (error) {
    // What is left behind is also settled by the next opening, so this may fail too.
    await settle(state, providers).catch(() => {});
    throw error;
  }
}

// A rotation that could not be finished, because its place could not be reached, may have left the vault's only key here.
// What cannot be read fails as the provider says: it may be that key.
async function checkFree(
  provider: KeyProvider,
  { settings }: ProvidedKey,
  row: VaultRow,
): Promise<void> {
  const staged = await stagedKeyOf(provider, settings);
  if (staged === undefined) return;
  const isPresent = sameKekId(kekIdOf(staged, row.vaultId), row.kekId);
  wipe(staged);
  if (!isPresent) return;
  const problem = `the vault's key is not lost: it is staged for ${provider.describe(settings)}`;
  throw new VaultError("KEY_UNAVAILABLE", "recover the vault", problem, {
    hints: ["the next command that needs the key puts it in its place"],
  });
}

function cameBetween(): VaultError {
  return new VaultError("BUSY", "rotate the master key", "another rotation came between", {
    hints: ["nothing was changed; try again"],
  });
}

async function noteIntent(
  transaction: Transaction,
  next: ProvidedKey,
  purpose: RotationPurpose,
): Promise<void> {
  const { row } = transaction;
  const toKekId = kekIdOf(next.kek, row.vaultId);
  if ([row.kekId, ...row.retiredKekIds].some((used) => sameKekId(used, toKekId))) {
    throw new VaultError(
      "INVALID_INPUT",
      purpose === "rotate" ? "rotate the master key" : "recover the vault",
      "the new key is one that the vault had before",
      {
        hints: [
          "nothing was changed; choose a key that was never used for this vault",
          ...(purpose === "rotate"
            ? []
            : ["a key that is there already was adopted: remove it, or name another place"]),
        ],
      },
    );
  }
  // The place of a lost key is left alone.
  const from = purpose === "rotate" ? row.provider : next.settings;
  await transaction.revise({ rotation: { from, to: next.settings, toKekId } });
}

async function rewrapAll(
  transaction: Transaction,
  next: ProvidedKey,
  purpose: RotationPurpose,
): Promise<number> {
  const { row, nowMs } = transaction;
  const from = await transaction.key();
  const rewrapper = await from.rewrapper(next.kek);
  const to = holdKek(next.kek, row.vaultId);
  try {
    const anchor = await openAnchor(from, row);
    const auditAnchor = await sealAnchor(to, row, anchor);
    wipe(anchor);
    const recovery = await resealRecovery(
      transaction.writer,
      row,
      await transaction.proofKeys(),
      from,
      to,
      next.kek,
    );
    const count = await rewrapPages(transaction, rewrapper, to.kekId, purpose);
    // What a damaged index hides from the pages would be left under a key that is about to go.
    if (purpose === "rotate" && count !== await transaction.writer.countSecrets()) throw disorder();
    const fields = {
      provider: next.settings,
      kekId: to.kekId,
      retiredKekIds: [row.kekId, ...row.retiredKekIds].slice(0, MAX_RETIRED_KEK_IDS),
      recovery,
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
  purpose: RotationPurpose,
): Promise<number> {
  let count = 0;
  const { writer } = transaction;
  const pages = secretPages(PAGE, (after, limit) => writer.secrets(after, limit));
  for await (const rows of pages) {
    // Whoever has lost the key cannot remove a damaged record first: it stays, and opens by no key.
    for (const batch of purpose === "rotate" ? [rows] : rows.map((row) => [row])) {
      try {
        count += await rewrapRows(transaction, rewrapper, nextKekId, batch);
      } catch (error) {
        if (purpose === "rotate" || !hasCode(error, "INTEGRITY")) throw error;
      }
    }
  }
  return count;
}

async function rewrapRows(
  { writer, row }: Transaction,
  rewrapper: Rewrapper,
  nextKekId: string,
  rows: readonly SecretRow[],
): Promise<number> {
  const records = rows.map(parseSecretRow);
  const wrapped = await rewrapDeks(rewrapper, row.vaultId, records, row.kekId, nextKekId);
  for (const [i, wrappedDek] of wrapped.entries()) {
    const id = records[i]?.id;
    if (id !== undefined) await writer.rewrapSecret(id, nextKekId, wrappedDek);
  }
  return records.length;
}
