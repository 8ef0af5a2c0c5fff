/**
 * The anchor of the audit chain: a chain key sealed under the KEK, from which the rows behind it can
 * be verified later.
 *
 * @module
 */
import { encodeContext } from "../crypto/context.ts";
import { hasCode, VaultError } from "../errors.ts";
import type { KekHandle } from "./kek.ts";
import type { VaultRow } from "./vault_row.ts";

function anchorContext(vaultId: string, seq: number, kekId: string): Uint8Array {
  return encodeContext(["audit-anchor", vaultId, seq, kekId]);
}

/** Seals the chain key of the row after `seq`. */
export function sealAnchor(
  key: KekHandle,
  vaultId: string,
  seq: number,
  chainKey: Uint8Array,
): Promise<Uint8Array> {
  return key.wrap(chainKey, anchorContext(vaultId, seq, key.kekId));
}

/**
 * Opens the anchor of a vault. The caller wipes the result.
 *
 * @throws {VaultError} `INTEGRITY` if it was changed.
 */
export async function openAnchor(
  key: KekHandle,
  row: Pick<VaultRow, "vaultId" | "auditAnchor" | "auditAnchorSeq">,
): Promise<Uint8Array> {
  try {
    const context = anchorContext(row.vaultId, row.auditAnchorSeq, key.kekId);
    return await key.unwrap(row.auditAnchor, context);
  } catch (error) {
    if (!hasCode(error, "INTEGRITY")) throw error;
    throw new VaultError("INTEGRITY", "open the audit anchor", "it was changed or damaged", {
      hints: ["restore the vault from a backup"],
      cause: error,
    });
  }
}
