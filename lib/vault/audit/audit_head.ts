/**
 * The head of the audit: the seq of the newest event and its MAC, which commits to the whole past.
 *
 * @module
 */
import { fromHex, toHex } from "../../crypto/bytes.ts";
import { VaultError } from "../../errors.ts";
import type { Store } from "../store.ts";
import { readRow } from "../read_row.ts";

/** A head that somebody has noted. */
export interface AuditHead {
  /** The seq of the event that was the newest. */
  readonly seq: number;
  /** Its MAC: 32 bytes. */
  readonly mac: Uint8Array;
}

/** The text of a head: `SEQ:HASH`, the hash in hexadecimal. */
export function formatHead(seq: number, mac: Uint8Array): string {
  return `${seq}:${toHex(mac)}`;
}

/**
 * Reads a head.
 *
 * @throws {VaultError} `INVALID_INPUT`
 */
export function parseHead(text: string): AuditHead {
  const head = typeof text === "string" ? text.trim() : "";
  const [, seq = "", hash = ""] = /^([1-9][0-9]{0,14}):([0-9a-fA-F]{64})$/.exec(head) ?? [];
  const mac = fromHex(hash);
  if (mac !== undefined && seq !== "") return { seq: Number(seq), mac };
  throw new VaultError("INVALID_INPUT", "read the noted head", "it is not of the form SEQ:HASH", {
    hints: ["see the present one with: aivault audit head"],
  });
}

/**
 * The head of the vault in `store` as `SEQ:HASH`, to be noted where nobody who can write the vault can change it. It
 * needs no key, and is no more than what the store says: verify first.
 *
 * @throws {VaultError} `NOT_FOUND` without a vault.
 */
export async function auditHead(store: Store): Promise<string> {
  const { auditSeq, auditMac } = await readRow(store);
  return formatHead(auditSeq, auditMac);
}
