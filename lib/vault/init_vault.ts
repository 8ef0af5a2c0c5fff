/**
 * Making a vault, and giving it a new key when its key was lost before it held anything.
 *
 * @module
 */
import { timeOf } from "./clock.ts";
import { KEY_LENGTH } from "../crypto/aead.ts";
import { randomBytes, wipe } from "../crypto/bytes.ts";
import { hasCode, VaultError } from "../errors.ts";
import { sealAnchor } from "./audit/anchor.ts";
import { NO_MAC } from "./audit/audit.ts";
import { holdKek } from "./keys/kek.ts";
import type { ProvidedKey } from "./keys/key_provider.ts";
import {
  CALLER_SETTINGS,
  checkProvider,
  type KeyProviders,
  loadKek,
  providerOf,
} from "./keys/key_source.ts";
import { ownKey, takeOverKey } from "./keys/own_key.ts";
import { descriptionMac, sealProofKey } from "./audit/proof_key.ts";
import { type KeylessState, nextAuditRow, transact, type TransactionState } from "./transaction.ts";
import { FORMAT_VERSION, MAX_RETIRED_KEK_IDS, refuseRemains, type VaultRow } from "./vault_row.ts";

/** The error of making a vault where there is one. */
export function vaultExists(): VaultError {
  return new VaultError("ALREADY_EXISTS", "initialise the vault", "there is a vault here already", {
    hints: ["nothing was changed", "see it with: aivault status"],
  });
}

/**
 * Writes the first state of a vault under `given`, which is copied at once and which the caller wipes. From then on it
 * is the key that `state.keys` holds.
 *
 * @throws {VaultError} `ALREADY_EXISTS` if the store holds a vault, `INTEGRITY` if it holds what is left of one.
 */
export async function initVault(
  state: TransactionState,
  given: ProvidedKey,
  providers: KeyProviders | undefined,
): Promise<void> {
  const key = ownKey(given);
  try {
    if (key.settings.type !== CALLER_SETTINGS.type) checkProvider(providers, key);
    await state.keys.adopt(key.kek, await writeFirst(state, key));
  } finally {
    wipe(key.kek);
  }
}

function writeFirst(
  state: KeylessState,
  key: ProvidedKey,
): Promise<string> {
  return state.store.write(async (writer) => {
    if (await writer.vault() !== undefined) throw vaultExists();
    await refuseRemains(writer);
    const nowMs = timeOf(state.now);
    const vaultId = crypto.randomUUID();
    const proofKey = randomBytes(KEY_LENGTH);
    try {
      const row = await firstRow(vaultId, key, nowMs, proofKey);
      const event = { kind: "vault.init", note: key.settings.type } as const;
      const { auditRow, chain } = nextAuditRow(row, event, nowMs, state.actor, proofKey);
      await writer.appendAudit(auditRow);
      await writer.putVault({ ...row, ...chain });
      wipe(row.auditKey);
      return vaultId;
    } finally {
      wipe(proofKey);
    }
  });
}

async function firstRow(
  vaultId: string,
  key: ProvidedKey,
  nowMs: number,
  proofKey: Uint8Array,
): Promise<VaultRow> {
  const handle = holdKek(key.kek, vaultId);
  try {
    const auditKey = randomBytes(KEY_LENGTH);
    const start = { vaultId, auditAnchorSeq: 0, auditAnchorMac: NO_MAC };
    const row: VaultRow = {
      ...start,
      formatVersion: FORMAT_VERSION,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      provider: key.settings,
      kekId: handle.kekId,
      retiredKekIds: [],
      rotation: null,
      recovery: null,
      auditAnchor: await sealAnchor(handle, start, auditKey),
      auditProofKey: await sealProofKey(handle, vaultId, proofKey),
      pastProofKeys: [],
      descriptionMac: NO_MAC,
      auditSeq: 0,
      auditMac: NO_MAC,
      auditKey,
    };
    return { ...row, descriptionMac: descriptionMac(proofKey, row) };
  } finally {
    handle.close();
  }
}

/**
 * Gives the vault a new key in the place of one that its provider has lost, if that loses nothing.
 *
 * The audit chain goes on: its present key becomes the anchor under the new KEK. Rows before it can no
 * longer be verified, since their anchor and the key of their proofs went with the lost key. Like a rotation it is
 * settled afterwards.
 *
 * @returns Whether the vault has its key again; `false` if secrets exist.
 */
export function healLostKey(
  state: TransactionState,
  providers: KeyProviders,
): Promise<boolean> {
  return transact(state, async (transaction) => {
    const { row, writer, nowMs } = transaction;
    if (await isBack(providers, row)) return true;
    if (await writer.countSecrets() > 0) return false;
    const provider = providerOf(providers, row.provider.type);
    const { kek, settings } = takeOverKey(await provider.next(row.provider, {}));
    const handle = holdKek(kek, row.vaultId);
    try {
      await provider.stage(settings, kek);
      const anchor = {
        vaultId: row.vaultId,
        auditAnchorSeq: row.auditSeq,
        auditAnchorMac: row.auditMac,
      };
      const fields = {
        ...anchor,
        provider: settings,
        kekId: handle.kekId,
        retiredKekIds: [row.kekId, ...row.retiredKekIds].slice(0, MAX_RETIRED_KEK_IDS),
        rotation: { from: row.provider, to: settings, toKekId: handle.kekId },
        auditAnchor: await sealAnchor(handle, anchor, row.auditKey),
        // It opens the lost key, and nothing proves it any more.
        recovery: null,
        updatedAtMs: nowMs,
      };
      await transaction.revise(fields, handle, true);
    } finally {
      wipe(kek);
      handle.close();
    }
    await transaction.record({ kind: "vault.repair-key", note: provider.type });
    if (row.recovery !== null) await transaction.record({ kind: "recovery.revoke" });
    return true;
  });
}

// Another process may have healed it while this one waited for the store.
async function isBack(providers: KeyProviders, row: VaultRow): Promise<boolean> {
  try {
    wipe(await loadKek(providers, row));
    return true;
  } catch (error) {
    if (hasCode(error, "KEY_MISSING")) return false;
    throw error;
  }
}
