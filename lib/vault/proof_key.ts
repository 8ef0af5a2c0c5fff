/**
 * The proof key of a vault: sealed under the KEK, it proves what only a holder of the KEK can have written: the
 * events of the audit, and the vault's own row.
 *
 * So an edit of the provider's settings, of a rotation's note or of the anchor is found whenever the vault
 * is opened with its key, and before anything is done by them.
 *
 * @module
 */
import { equalBytes, wipe } from "../crypto/bytes.ts";
import { type ContextField, encodeContext } from "../crypto/context.ts";
import { hmacSha256 } from "../crypto/kdf.ts";
import { hasCode, VaultError } from "../errors.ts";
import type { KekHandle } from "./kek.ts";
import { DESCRIPTION_FIELDS, type VaultRow } from "./vault_row.ts";

function proofKeyContext(vaultId: string, kekId: string): Uint8Array {
  return encodeContext(["audit-proof-key", vaultId, kekId]);
}

/** Seals `proofKey` under `key`. */
export function sealProofKey(
  key: KekHandle,
  vaultId: string,
  proofKey: Uint8Array,
): Promise<Uint8Array> {
  return key.wrap(proofKey, proofKeyContext(vaultId, key.kekId));
}

/** The MAC of the fields of `row` that change with the KEK at hand only. */
export function descriptionMac(proofKey: Uint8Array, row: VaultRow): Uint8Array {
  const fields = DESCRIPTION_FIELDS.map((field) => fieldOf(row[field]));
  return hmacSha256(proofKey, encodeContext(["vault", ...fields]));
}

// What is stored as JSON is bound as the same text.
function fieldOf(value: VaultRow[keyof VaultRow]): ContextField {
  const isPlain = typeof value !== "object" || value === null || value instanceof Uint8Array;
  return isPlain ? value : JSON.stringify(value);
}

/**
 * Opens the proof key of a vault, and proves its row with it. The caller wipes the result.
 *
 * @throws {VaultError} `INTEGRITY` if the row was changed.
 */
export async function openProofKey(key: KekHandle, row: VaultRow): Promise<Uint8Array> {
  let proofKey: Uint8Array;
  try {
    proofKey = await key.unwrap(row.auditProofKey, proofKeyContext(row.vaultId, key.kekId));
  } catch (error) {
    throw hasCode(error, "INTEGRITY") ? edited(error) : error;
  }
  if (equalBytes(descriptionMac(proofKey, row), row.descriptionMac)) return proofKey;
  wipe(proofKey);
  throw edited();
}

function edited(cause?: VaultError): VaultError {
  return new VaultError("INTEGRITY", "open the vault", "its description was changed or damaged", {
    hints: ["restore the vault from a backup"],
    cause,
  });
}
