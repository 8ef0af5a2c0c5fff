/**
 * The anchor of the audit chain: a chain key sealed under the KEK, from which the rows behind it can
 * be verified later. It is bound to the MAC of the row that it stands behind.
 *
 * @module
 */
import { encodeContext } from "../../crypto/context.ts";
import { hasCode, VaultError } from "../../errors.ts";
import type { KekHandle } from "../keys/kek.ts";
import type { VaultRow } from "../vault_row.ts";

/** Where in the chain an anchor stands. */
type AnchorPlace = Pick<VaultRow, "vaultId" | "auditAnchorSeq" | "auditAnchorMac">;

function anchorContext(place: AnchorPlace, kekId: string): Uint8Array {
  const { vaultId, auditAnchorSeq, auditAnchorMac } = place;
  return encodeContext(["audit-anchor", vaultId, auditAnchorSeq, auditAnchorMac, kekId]);
}

/** Seals the chain key of the row after `auditAnchorSeq`. */
export function sealAnchor(
  key: KekHandle,
  place: AnchorPlace,
  chainKey: Uint8Array,
): Promise<Uint8Array> {
  return key.wrap(chainKey, anchorContext(place, key.kekId));
}

/**
 * Opens the anchor of a vault. The caller wipes the result.
 *
 * @throws {VaultError} `INTEGRITY` if it was changed.
 */
export async function openAnchor(
  key: KekHandle,
  row: AnchorPlace & Pick<VaultRow, "auditAnchor">,
): Promise<Uint8Array> {
  try {
    return await key.unwrap(row.auditAnchor, anchorContext(row, key.kekId));
  } catch (error) {
    if (!hasCode(error, "INTEGRITY")) throw error;
    throw new VaultError("INTEGRITY", "open the audit anchor", "it was changed or damaged", {
      hints: ["restore the vault from a backup"],
      cause: error,
    });
  }
}
