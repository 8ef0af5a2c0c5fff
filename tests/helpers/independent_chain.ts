/**
 * The audit chain and the state digests of a vault, recomputed from the raw rows: written from the description
 * of the format, with HMAC, HKDF and SHA-256 of `node:crypto` and a cipher of its own, so that a mistake of the
 * program is not repeated here.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, createHmac, hkdfSync } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { openXChaCha } from "./independent_aead.ts";
import { row, rows, type SqlRow, type SqlValue, withRaw } from "./raw_database.ts";

/**
 * Recomputes every MAC behind the anchor of the vault at `path`, and the digest of every secret's state.
 *
 * @param kek The key that the vault has now.
 * @returns How many events were recomputed.
 */
export function checkChain(path: string, kek: Uint8Array): number {
  return withRaw(path, (raw) => {
    const vault = row(raw, "select * from vault");
    const events = rows(raw, "select * from audit order by seq");
    const count = replay(vault, events, openAnchor(vault, kek), openProofKeys(vault, kek));
    checkStates(raw, events);
    return count;
  });
}

/** The chain key that the vault's anchor holds, opened with `kek`. */
function openAnchor(vault: SqlRow, kek: Uint8Array): Buffer {
  const vaultId = String(vault["vault_id"]);
  const kekId = Buffer.from(hkdfSync("sha256", kek, vaultId, "aivault/v3/kek-id", 16));
  assert.equal(kekId.toString("hex"), vault["kek_id"], "the key is the vault's");
  const context = encode(
    "audit-anchor",
    vaultId,
    vault["audit_anchor_seq"],
    vault["audit_anchor_mac"],
    kekId.toString("hex"),
  );
  return open(kek, vault["audit_anchor"], context);
}

interface ProofKey {
  readonly throughSeq: number;
  readonly key: Buffer;
}

/** The columns of the vault's own row that its MAC does not cover. */
const UNCOVERED = ["one", "description_mac", "audit_seq", "audit_mac", "audit_key"];

/**
 * The keys of the proofs, newest first, each with the last event that it proves: the newest is opened with `kek`
 * and checks the vault's own row, every other one with the one before it in the list.
 */
function openProofKeys(vault: SqlRow, kek: Uint8Array): ProofKey[] {
  const { vault_id, kek_id, audit_proof_key, description_mac } = vault;
  const proofKey = open(kek, audit_proof_key, encode("audit-proof-key", vault_id, kek_id));
  const covered = Object.entries(vault).filter(([column]) => !UNCOVERED.includes(column));
  const mac = hmac(proofKey, encode("vault", ...covered.map(([, value]) => value)));
  assert.ok(description_mac instanceof Uint8Array);
  assert.equal(hex(mac), hex(description_mac), "the MAC of the vault's own row");
  const keys: ProofKey[] = [{ throughSeq: Infinity, key: proofKey }];
  for (const { throughSeq, sealed } of JSON.parse(String(vault["past_proof_keys"]))) {
    const context = encode("audit-past-proof-key", vault_id, throughSeq);
    const next = keys.at(-1)?.key ?? proofKey;
    keys.push({ throughSeq, key: open(next, Buffer.from(sealed, "base64"), context) });
  }
  return keys;
}

function open(kek: Uint8Array, sealed: SqlValue | undefined, context: Buffer): Buffer {
  assert.ok(sealed instanceof Uint8Array);
  return Buffer.from(openXChaCha(kek, sealed, context));
}

/** Kinds of events that are recorded without the key. */
const KEYLESS = ["vault.unlock.failed", "vault.lock", "recovery.use.failed"];

function replay(
  vault: SqlRow,
  events: readonly SqlRow[],
  anchor: Buffer,
  proofKeys: readonly ProofKey[],
): number {
  const behind = events.filter(({ seq }) => Number(seq) > Number(vault["audit_anchor_seq"]));
  const checkProof = (event: SqlRow): void => {
    const { mac, proof, ...fields } = event;
    assert.ok(mac instanceof Uint8Array && proof instanceof Uint8Array);
    const claim = encode("audit-proof", vault["vault_id"], mac, ...Object.values(fields));
    const proofKey = proofKeys.findLast(({ throughSeq }) => Number(event["seq"]) <= throughSeq)
      ?.key;
    assert.ok(proofKey !== undefined);
    const isKeyless = KEYLESS.includes(String(event["kind"]));
    const expected = isKeyless ? "" : hex(hmac(proofKey, claim));
    assert.equal(hex(proof), expected, `proof ${event["seq"]}`);
  };
  const isPruned = behind.some(({ kind }) => kind === "audit.prune");
  if (isPruned) { for (const event of events) if (!behind.includes(event)) checkProof(event); }
  let key = anchor;
  let seq = Number(vault["audit_anchor_seq"]);
  let previous = vault["audit_anchor_mac"];
  for (const event of behind) {
    seq++;
    assert.equal(event["seq"], seq, `event ${seq} is there`);
    const { mac, proof, ...fields } = event;
    assert.ok(mac instanceof Uint8Array && proof instanceof Uint8Array);
    const message = encode("audit", vault["vault_id"], previous, ...Object.values(fields));
    assert.equal(hex(hmac(key, message)), hex(mac), `MAC ${seq}`);
    checkProof(event);
    previous = mac;
    // HKDF-Expand to one block (RFC 5869 section 2.3).
    key = hmac(key, Buffer.concat([Buffer.from("aivault/v3/audit-next"), Buffer.from([1])]));
  }
  assert.equal(vault["audit_seq"], seq, "the last event is the one that the vault names");
  const { audit_key: next, audit_mac: last } = vault;
  assert.ok(next instanceof Uint8Array && last instanceof Uint8Array);
  assert.ok(previous instanceof Uint8Array);
  assert.equal(hex(last), hex(previous), "the MAC of the last event");
  assert.equal(hex(next), hex(key), "the key of the next event");
  return behind.length;
}

/** Compares each secret with the digest in its newest event that has one. */
function checkStates(raw: DatabaseSync, events: readonly SqlRow[]): void {
  const recorded = new Map<string, string>();
  for (const { kind, secret_id, state_digest } of events) {
    const id = String(secret_id);
    if (id === "") continue;
    if (kind === "secret.delete") recorded.delete(id);
    else if (state_digest !== "") recorded.set(id, String(state_digest));
  }
  const stored = new Map(
    rows(raw, "select * from secrets").map((
      secret,
    ) => [String(secret["id"]), digestOf(raw, secret)]),
  );
  assert.deepEqual(
    [...stored].sort(),
    [...recorded].sort(),
    "secrets are as their events left them",
  );
}

export function digestOf(raw: DatabaseSync, secret: SqlRow): string {
  const { id = null } = secret;
  const names = (isAlias: number): SqlValue[] =>
    rows(
      raw,
      "select name from secret_names where secret_id = ? and is_alias = ? order by name",
      id,
      isAlias,
    ).map(({ name = null }) => name);
  const groups = rows(
    raw,
    `select workspace_id, group_id from attached_groups where secret_id = ?
      order by workspace_id, group_id`,
    id,
  );
  const value = row(raw, "select sealed_value from secret_values where secret_id = ?", id);
  const aliases = names(1);
  const state = encode(
    "state",
    id,
    ...names(0),
    aliases.length,
    ...aliases,
    secret["scope_kind"],
    secret["workspace_id"],
    secret["group_id"],
    groups.length,
    ...groups.flatMap(({ workspace_id, group_id }) => [workspace_id, group_id]),
    secret["pinned_provider"],
    secret["value_version"],
    secret["created_at_ms"],
    secret["updated_at_ms"],
    secret["expires_at_ms"],
    value["sealed_value"],
  );
  return createHash("sha256").update(state).digest("hex");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function hmac(key: Buffer, message: Buffer): Buffer {
  return createHmac("sha256", key).update(message).digest();
}

/** The version 3, then each field behind its length as 32 bits, big-endian; numbers in decimal, null empty. */
export function encode(...fields: readonly (SqlValue | undefined)[]): Buffer {
  const parts = [Buffer.from([3])];
  for (const field of fields) {
    assert.notEqual(field, undefined, "a column is missing");
    const bytes = field instanceof Uint8Array
      ? Buffer.from(field)
      : Buffer.from(field === null ? "" : String(field), "utf8");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}
