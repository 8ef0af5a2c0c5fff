/**
 * Recovery keys in tests: made through the vault, and looked at behind its back.
 *
 * @module
 */
import assert from "node:assert/strict";
import { holdKek } from "../../lib/vault/keys/kek.ts";
import { descriptionMac, openProofKeys } from "../../lib/vault/audit/proof_key.ts";
import { readVaultRow, type Recovery } from "../../lib/vault/vault_row.ts";
import type { Store } from "../../lib/vault/store.ts";
import type { Vault } from "../../lib/vault/vault.ts";
import type { RecoveryKeyOptions } from "../../lib/vault/keys/recovery_key.ts";

/** Makes a recovery key, and keeps a copy of its text. */
export async function makeRecoveryKey(
  vault: Vault,
  options: RecoveryKeyOptions = {},
): Promise<Uint8Array> {
  let kept: Uint8Array | undefined;
  await vault.createRecoveryKey((text) => {
    kept = text.slice();
  }, options);
  assert.ok(kept);
  return kept;
}

/** The recovery that a store keeps. */
export async function storedRecovery(store: Store): Promise<Recovery | null> {
  const row = await store.read((reader) => reader.vault());
  return structuredClone(row?.recovery) as Recovery | null;
}

/**
 * Writes a recovery into the store, behind the vault's back.
 *
 * @param kek With it the MAC of the row is made anew, as only whoever has the vault's KEK can.
 */
export async function putRecovery(
  store: Store,
  recovery: unknown,
  kek?: Uint8Array,
): Promise<void> {
  await store.write(async (writer) => {
    const stored = { ...await writer.vault(), recovery };
    if (kek === undefined) return await writer.putVault(stored);
    const row = await readVaultRow(writer);
    const { present } = await openProofKeys(holdKek(kek, row.vaultId), row);
    const edited = { ...row, recovery: recovery as Recovery | null };
    await writer.putVault({ ...edited, descriptionMac: descriptionMac(present, edited) });
  });
}

/** The kinds of the audit's events, oldest first. */
export async function eventKinds(store: Store): Promise<string[]> {
  const rows = await store.read((reader) => reader.audit({ limit: 1000 }));
  return rows.map(({ kind }) => kind).reverse();
}
