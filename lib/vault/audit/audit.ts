/**
 * Audit events, and what keeps them from being rewritten.
 *
 * *The chain.* Event n carries an HMAC under the chain key K(n), over its fields and the MAC of event n-1.
 * K(n+1) is derived one way from K(n), and K(n) is overwritten in the same transaction; the first key is kept
 * sealed under the KEK. So whoever reads the store later cannot forge what came before, and the newest
 * MAC commits to the whole past.
 *
 * *The proof.* The present chain key lies open in the store, since a wrong passphrase has to be put on record without the
 * key. So every event that the key was at hand for carries a second HMAC, under the proof key, which is
 * sealed under the KEK: without the KEK nobody adds such an event, now or later. A rotation of the master key makes
 * a new proof key, so that an earlier KEK proves nothing either.
 *
 * @module
 */
import { type ContextField, withContext } from "../../crypto/context.ts";
import { type HmacKey, hmacSha256 } from "../../crypto/kdf.ts";
import { equalBytes, isBytes, utf8 } from "../../crypto/bytes.ts";

/** What can happen. */
export type AuditKind =
  | "vault.init"
  | "vault.unlock"
  | "vault.unlock.failed"
  | "vault.lock"
  | "vault.rotate-master"
  | "vault.repair-key"
  | "audit.prune"
  | "recovery.create"
  | "recovery.revoke"
  | "recovery.use"
  | "recovery.use.failed"
  | "backup.create"
  | "backup.restore"
  | "secret.create"
  | "secret.update"
  | "secret.rotate"
  | "secret.delete"
  | "secret.attach-group"
  | "secret.detach-group"
  | "secret.use"
  | "secret.use.denied"
  | "secret.use.failed";

/** Kinds that are recorded without the vault's key, and so without a proof. They say nothing about a secret. */
const KEYLESS_KINDS: readonly string[] = [
  "vault.unlock.failed",
  "vault.lock",
  "recovery.use.failed",
] satisfies AuditKind[];

/** What is recorded of an event. Never a value, a key or a passphrase. */
export interface AuditEvent {
  /** What happened. */
  readonly kind: AuditKind;
  /** The secret's id. */
  readonly secretId?: string;
  /** The secret's name at the time. */
  readonly secretName?: string;
  /** The secret's scope, as `describeScope` writes it. */
  readonly scope?: string;
  /** The context of a use, as `describeScope` writes it. */
  readonly context?: string;
  /** One of a few fixed remarks: a group, a provider, a reason. */
  readonly note?: string;
  /** The {@linkcode AuditEvent.stateDigest} that a change of the secret set out from. */
  readonly previousDigest?: string;
  /** The digest of the secret's state after the event, see `state_digest.ts`; of `audit.prune`, of what was kept. */
  readonly stateDigest?: string;
}

/** An event as it is stored. Absent texts are `""`. Whoever writes the store can edit it: `Vault.verify` tells. */
export interface AuditRow {
  /** 1 for the first event, then one more each. */
  readonly seq: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly timeMs: number;
  /** What happened: an {@linkcode AuditKind}. */
  readonly kind: string;
  /** Who did it: `cli`, or what the vault was opened with, `library` by default. */
  readonly actor: string;
  /** The secret's id. */
  readonly secretId: string;
  /** The secret's name at the time. */
  readonly secretName: string;
  /**
   * The secret's scope: `global`, `workspace W` or `group W/G`; a group's ids with a slash or a quote are written as
   * JSON.
   */
  readonly scope: string;
  /** The context of a use, written as the scope is. */
  readonly context: string;
  /** One of a few fixed remarks: a group, a provider, a reason. */
  readonly note: string;
  /** The `stateDigest` that a change of the secret set out from. */
  readonly previousDigest: string;
  /** SHA-256 of the secret's state after the event, in hexadecimal; of `audit.prune`, of the events that were kept. */
  readonly stateDigest: string;
  /** HMAC-SHA-256 of the row and the MAC before it, under the chain key of its seq: 32 bytes. */
  readonly mac: Uint8Array;
  /** HMAC-SHA-256 of the row under the proof key: 32 bytes; empty for what is recorded without the key. */
  readonly proof: Uint8Array;
}

/** Which audit rows to read. */
export interface AuditQuery {
  /** At most so many rows: a whole number from 1. */
  readonly limit: number;
  /** Only rows older than this. Whole milliseconds since 1970-01-01 UTC. Default: all. */
  readonly beforeMs?: number | undefined;
}

/** A row that is still to be chained and proven. */
export type AuditFields = Omit<AuditRow, "mac" | "proof">;

/** The end of the chain: what the next row needs. */
export interface AuditChain {
  /** The seq of the last row; 0 before the first. */
  readonly auditSeq: number;
  /** The MAC of the last row; 32 zero bytes before the first. */
  readonly auditMac: Uint8Array;
  /** The chain key of the next row: 32 bytes. */
  readonly auditKey: Uint8Array;
}

/** What stands for the MAC of the row before the first. */
export const NO_MAC: Uint8Array = new Uint8Array(32);

// HKDF-Expand (RFC 5869 section 2.3) to 32 bytes is the HMAC of the info and a 1.
const nextInfo = utf8("aivault/v3/audit-next\x01");

function fieldsOf(row: AuditFields): ContextField[] {
  const { seq, timeMs, kind, actor, secretId, secretName, scope, context, note } = row;
  const { previousDigest, stateDigest } = row;
  return [
    seq,
    timeMs,
    kind,
    actor,
    secretId,
    secretName,
    scope,
    context,
    note,
    previousDigest,
    stateDigest,
  ];
}

/** The MAC of `row` behind the row with `previousMac`, in the vault of this id, under the chain key of its seq. */
export function auditMac(
  key: Uint8Array | HmacKey,
  vaultId: string,
  previousMac: Uint8Array,
  row: AuditFields,
): Uint8Array {
  const fields = ["audit", vaultId, previousMac, ...fieldsOf(row)];
  return withContext(fields, (encoded) => hmacSha256(key, encoded));
}

/** The proof of `row` under the vault's proof key. */
export function auditProof(
  proofKey: Uint8Array | HmacKey,
  vaultId: string,
  row: AuditFields & Pick<AuditRow, "mac">,
): Uint8Array {
  const fields = ["audit-proof", vaultId, row.mac, ...fieldsOf(row)];
  return withContext(fields, (encoded) => hmacSha256(proofKey, encoded));
}

/** Whether an event of this kind has to be proven. */
export function needsProof(kind: string): boolean {
  return !KEYLESS_KINDS.includes(kind);
}

/** The proof keys of a vault, of which a rotation of the master key makes a new one. */
export interface ProofKeyring {
  /** The proof key of the event with this seq. */
  keyOf(seq: number): HmacKey;
}

/** Whether `row` is of its types, and its numbers whole. What is not stands for an edit: nothing is computed from it. */
export function isWhole(row: AuditRow): boolean {
  return Number.isSafeInteger(row.seq) && Number.isSafeInteger(row.timeMs) &&
    TEXTS.every((field) => typeof row[field] === "string") && isBytes(row.mac) &&
    isBytes(row.proof);
}

const TEXTS = [
  "kind",
  "actor",
  "secretId",
  "secretName",
  "scope",
  "context",
  "note",
  "previousDigest",
  "stateDigest",
] as const satisfies (keyof AuditRow)[];

/** Whether whoever added `row` had the vault's key then; always `false` for what is recorded without it. */
export function isProven(keys: ProofKeyring, vaultId: string, row: AuditRow): boolean {
  return needsProof(row.kind) && isWhole(row) &&
    equalBytes(auditProof(keys.keyOf(row.seq), vaultId, row), row.proof);
}

/** The chain key after `key`: HKDF-Expand (RFC 5869 section 2.3), 32 bytes. */
export function nextChainKey(key: Uint8Array | HmacKey): Uint8Array {
  return hmacSha256(key, nextInfo);
}
