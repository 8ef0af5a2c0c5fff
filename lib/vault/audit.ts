/**
 * Audit events, and the chain that keeps them from being rewritten.
 *
 * Row n carries an HMAC under the chain key K(n); K(n+1) is derived one way from K(n), and K(n) is
 * overwritten in the same transaction. The first key is kept sealed under the KEK. So
 * appending needs no key provider, and whoever reads the store later cannot forge what came before.
 *
 * @module
 */
import { encodeContext } from "../crypto/context.ts";
import { hkdfExpandSha256, hmacSha256, sha256 } from "../crypto/kdf.ts";
import { toHex, utf8 } from "../crypto/bytes.ts";
import { describeScope, scopeFields } from "./scope.ts";
import type { SecretRecord } from "./secret.ts";

/** What can happen. */
export type AuditKind =
  | "vault.init"
  | "vault.unlock"
  | "vault.unlock.failed"
  | "vault.lock"
  | "vault.rotate-master"
  | "vault.repair-key"
  | "secret.create"
  | "secret.update"
  | "secret.rotate"
  | "secret.delete"
  | "secret.attach-group"
  | "secret.detach-group"
  | "secret.use"
  | "secret.use.denied"
  | "secret.use.failed";

/** What is recorded of an event. Never a value, a key or a passphrase. */
export interface AuditEvent {
  /** What happened. */
  readonly kind: AuditKind;
  /** The secret's id. */
  readonly secretId?: string;
  /** The secret's scope, as `describeScope` writes it. */
  readonly scope?: string;
  /** The context of a use, as `describeScope` writes it. */
  readonly context?: string;
  /** One of a few fixed remarks: a group, a provider, a reason. */
  readonly note?: string;
  /** SHA-256 of the secret's stored state after the event, in hexadecimal. */
  readonly stateDigest?: string;
}

/** An event as it is stored. Absent texts are `""`. */
export interface AuditRow {
  /** 1 for the first event, then one more each. */
  readonly seq: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly timeMs: number;
  /** What happened. */
  readonly kind: string;
  /** Who did it: `cli` or what the caller of the library says. */
  readonly actor: string;
  /** See {@linkcode AuditEvent}. */
  readonly secretId: string;
  /** See {@linkcode AuditEvent}. */
  readonly scope: string;
  /** See {@linkcode AuditEvent}. */
  readonly context: string;
  /** See {@linkcode AuditEvent}. */
  readonly note: string;
  /** See {@linkcode AuditEvent}. */
  readonly stateDigest: string;
  /** HMAC-SHA-256 of the row under the chain key of its seq: 32 bytes. */
  readonly mac: Uint8Array;
}

/** Which audit rows to read. */
export interface AuditQuery {
  /** At most so many rows, 1 or more. */
  readonly limit: number;
  /** Only rows older than this. Milliseconds since 1970-01-01 UTC. */
  readonly beforeMs?: number | undefined;
}

/** The end of the chain: what the next row needs. */
export interface AuditChain {
  /** The seq of the last row; 0 before the first. */
  readonly seq: number;
  /** The chain key of the next row: 32 bytes. */
  readonly key: Uint8Array;
}

const nextInfo = utf8("aivault/v3/audit-next");

/** The MAC of `row` in the vault of this id, under the chain key of its seq. */
export function auditMac(key: Uint8Array, vaultId: string, row: Omit<AuditRow, "mac">): Uint8Array {
  const { seq, timeMs, kind, actor, secretId, scope, context, note, stateDigest } = row;
  return hmacSha256(
    key,
    encodeContext([
      "audit",
      vaultId,
      seq,
      timeMs,
      kind,
      actor,
      secretId,
      scope,
      context,
      note,
      stateDigest,
    ]),
  );
}

/** The chain key after `key`: HKDF-Expand (RFC 5869 section 2.3), 32 bytes. */
export function nextChainKey(key: Uint8Array): Uint8Array {
  return hkdfExpandSha256(key, nextInfo, 32);
}

/**
 * The digest of a secret's stored state: all of it but the wrapped DEK and its kekId, which a
 * rotation of the master key changes without an event of the secret.
 */
export function stateDigest(record: SecretRecord, sealedValue: Uint8Array): string {
  const { kind, workspaceId, groupId } = scopeFields(record.scope);
  const groups = record.attachedGroups.flatMap((group) => [group.workspaceId, group.groupId]);
  return toHex(sha256(encodeContext([
    "state",
    record.id,
    record.name,
    record.aliases.length,
    ...record.aliases,
    kind,
    workspaceId,
    groupId,
    record.attachedGroups.length,
    ...groups,
    record.pinnedProvider,
    record.valueVersion,
    record.createdAtMs,
    record.updatedAtMs,
    record.expiresAtMs,
    sealedValue,
  ])));
}

/** An event about `record`, which is in this state now. */
export function secretEvent(
  kind: AuditKind,
  record: SecretRecord,
  sealedValue: Uint8Array | undefined,
  more: Pick<AuditEvent, "context" | "note"> = {},
): AuditEvent {
  const event = { kind, secretId: record.id, scope: describeScope(record.scope), ...more };
  if (sealedValue === undefined) return event;
  return { ...event, stateDigest: stateDigest(record, sealedValue) };
}
