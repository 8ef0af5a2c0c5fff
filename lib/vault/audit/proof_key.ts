/**
 * The proof key of a vault: sealed under the KEK, it proves what only a holder of the KEK can have written: the
 * events of the audit, and the vault's own row.
 *
 * So an edit of the provider's settings, of a rotation's note or of the anchor is found whenever the vault
 * is opened with its key, and before anything is done by them.
 *
 * Each KEK has a proof key of its own. Earlier ones are sealed under the one that came next, so the present
 * one opens them all, and none of them opens a later one.
 *
 * @module
 */
import { open, seal } from "../../crypto/aead.ts";
import { equalBytes, fromBase64, toBase64, wipe } from "../../crypto/bytes.ts";
import { type ContextField, encodeContext } from "../../crypto/context.ts";
import { HmacKey, hmacSha256 } from "../../crypto/kdf.ts";
import { hasCode } from "../../errors.ts";
import type { ProofKeyring } from "./audit.ts";
import type { KekHandle } from "../keys/kek.ts";
import { DESCRIPTION_FIELDS, editedVault, type PastProofKey, type VaultRow } from "../vault_row.ts";

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

function pastContext(vaultId: string, throughSeq: number): Uint8Array {
  return encodeContext(["audit-past-proof-key", vaultId, throughSeq]);
}

/** Seals `past`, the proof key of the events up to `throughSeq`, under the one that comes next. */
export function sealPastProofKey(
  next: Uint8Array,
  vaultId: string,
  past: Uint8Array,
  throughSeq: number,
): PastProofKey {
  return { throughSeq, sealed: toBase64(seal(next, past, pastContext(vaultId, throughSeq))) };
}

/** The proof keys of a vault; earlier ones are opened when they are asked for. */
export class ProofKeys implements ProofKeyring {
  /** The present one. */
  readonly present: Uint8Array;
  readonly #vaultId: string;
  readonly #past: readonly PastProofKey[];
  readonly #opened: Uint8Array[] = [];
  readonly #preparedPast: (HmacKey | undefined)[] = [];
  #prepared: HmacKey | undefined;

  /** Takes over `present`, and wipes it. */
  constructor(present: Uint8Array, row: Pick<VaultRow, "vaultId" | "pastProofKeys">) {
    this.present = present;
    this.#vaultId = row.vaultId;
    this.#past = row.pastProofKeys;
  }

  /** The present one, prepared for many events; it is wiped with the others. */
  get prepared(): HmacKey {
    return this.#prepared ??= new HmacKey(this.present);
  }

  /** The proof key of the event with this seq, prepared for many; it is wiped with the others. */
  keyOf(seq: number): HmacKey {
    const at = this.#past.findIndex(({ throughSeq }) => seq > throughSeq);
    const index = at < 0 ? this.#past.length : at;
    if (index === 0) return this.prepared;
    return this.#preparedPast[index - 1] ??= new HmacKey(this.#pastKey(index - 1));
  }

  /**
   * The list of past keys, of which those stay that `isNeeded` tells: one whose newer neighbour goes is sealed anew under
   * the one that then comes before it.
   */
  pastWith(isNeeded: readonly boolean[]): PastProofKey[] {
    const kept: PastProofKey[] = [];
    let last = -1;
    for (const [i, entry] of this.#past.entries()) {
      if (isNeeded[i] !== true) continue;
      const { throughSeq } = entry;
      const under = last < 0 ? this.present : this.#pastKey(last);
      const isNext = last === i - 1;
      kept.push(
        isNext ? entry : sealPastProofKey(under, this.#vaultId, this.#pastKey(i), throughSeq),
      );
      last = i;
    }
    return kept;
  }

  /** Wipes all that were opened. */
  wipe(): void {
    wipe(this.present, ...this.#opened);
    this.#prepared?.destroy();
    for (const prepared of this.#preparedPast) prepared?.destroy();
  }

  /** The key of entry `index`: each is sealed under the one before it. */
  #pastKey(index: number): Uint8Array {
    for (let i = this.#opened.length; i <= index; i++) {
      const { sealed = "", throughSeq = 0 } = this.#past[i] ?? {};
      this.#opened.push(this.#open(this.#opened[i - 1] ?? this.present, sealed, throughSeq));
    }
    return this.#opened[index] ?? this.present;
  }

  #open(next: Uint8Array, sealed: string, throughSeq: number): Uint8Array {
    const bytes = fromBase64(sealed) ?? new Uint8Array();
    return open(next, bytes, pastContext(this.#vaultId, throughSeq));
  }
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
 * Opens the proof keys of a vault, and proves its row with the present one. The caller wipes the result.
 *
 * @throws {VaultError} `INTEGRITY` if the row was changed.
 */
export async function openProofKeys(key: KekHandle, row: VaultRow): Promise<ProofKeys> {
  let proofKey: Uint8Array;
  try {
    proofKey = await key.unwrap(row.auditProofKey, proofKeyContext(row.vaultId, key.kekId));
  } catch (error) {
    throw hasCode(error, "INTEGRITY") ? editedVault(error) : error;
  }
  if (equalBytes(descriptionMac(proofKey, row), row.descriptionMac)) {
    return new ProofKeys(proofKey, row);
  }
  wipe(proofKey);
  throw editedVault();
}
