/**
 * The worked example of FORMAT.md, computed from the good vault of the tamper kit by a second implementation.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, createHmac, hkdfSync } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { openXChaCha } from "./independent_aead.ts";
import { readBackup } from "./independent_backup.ts";
import { digestOf, encode } from "./independent_chain.ts";
import { boundTo, secretNamed } from "./independent_secret.ts";
import { row, type SqlValue } from "./raw_database.ts";

function bytes(value: SqlValue | undefined): Uint8Array {
  assert.ok(value instanceof Uint8Array);
  return value;
}

function hmac(key: Uint8Array, message: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(message).digest();
}

/** Every value of the example by its name, in hexadecimal or as text. */
export function formatExample(raw: DatabaseSync, kek: Uint8Array): Record<string, string> {
  const vault = row(raw, "select * from vault");
  const { vault_id, kek_id } = vault;
  const secret = secretNamed(raw, "TOKEN");
  const { metadataDigest, dekContext, valueContext } = boundTo(raw, secret);
  const wrappedDek = bytes(secret["wrapped_dek"]);
  const dek = openXChaCha(kek, wrappedDek, dekContext);
  const sealed = bytes(
    row(raw, "select sealed_value from secret_values where secret_id = ?", secret["id"] ?? null)[
      "sealed_value"
    ],
  );
  const anchorContext = encode("audit-anchor", vault_id, 0, vault["audit_anchor_mac"], kek_id);
  const chainKey = openXChaCha(kek, bytes(vault["audit_anchor"]), anchorContext);
  const proofContext = encode("audit-proof-key", vault_id, kek_id);
  const proofKey = openXChaCha(kek, bytes(vault["audit_proof_key"]), proofContext);
  const { mac: _, proof: __, ...event } = row(raw, "select * from audit where seq = 1");
  const message = encode("audit", vault_id, new Uint8Array(32), ...Object.values(event));
  const mac = hmac(chainKey, message);
  const claim = encode("audit-proof", vault_id, mac, ...Object.values(event));
  const next = Buffer.concat([Buffer.from("aivault/v3/audit-next"), Buffer.from([1])]);
  const uncovered = ["one", "description_mac", "audit_seq", "audit_mac", "audit_key"];
  const covered = Object.entries(vault).filter(([column]) => !uncovered.includes(column));
  const description = encode("vault", ...covered.map(([, value]) => value));
  const all: Record<string, Uint8Array | string> = {
    "KEK": kek,
    "vault id": String(vault_id),
    "kekId": Buffer.from(hkdfSync("sha256", kek, String(vault_id), "aivault/v3/kek-id", 16)),
    "secret id": String(secret["id"]),
    "metadata digest": metadataDigest,
    "context of the wrapped DEK": dekContext,
    "wrapped DEK": wrappedDek,
    "DEK": dek,
    "context of the value": valueContext,
    "sealed value": sealed,
    "value": openXChaCha(dek, sealed, valueContext),
    "state digest": digestOf(raw, secret),
    "context of the anchor": anchorContext,
    "chain key of event 1": chainKey,
    "message of event 1": message,
    "MAC of event 1": mac,
    "chain key of event 2": hmac(chainKey, next),
    "proof key": proofKey,
    "claim of event 1": claim,
    "proof of event 1": hmac(proofKey, claim),
    "description": description,
    "description MAC": hmac(proofKey, description),
    "deleted digest": createHash("sha256").update(encode("deleted", secret["id"])).digest(),
  };
  return asText(all);
}

function asText(all: Readonly<Record<string, Uint8Array | string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [
      name,
      typeof value === "string" ? value : Buffer.from(value).toString("hex"),
    ]),
  );
}

/** Every value of the example of a backup by its name, in hexadecimal or as text. */
export function backupExample(file: Uint8Array, kek: Uint8Array): Record<string, string> {
  const { beginning, manifest, message, digest, context, proof } = readBackup(file, kek);
  return asText({
    "beginning": beginning,
    "manifest": manifest,
    "message of the digest": message,
    "digest": digest,
    "context of the proof": context,
    "proof": proof,
  });
}

/** The example as FORMAT.md shows it. */
export function exampleText(example: Readonly<Record<string, string>>): string {
  return Object.entries(example).map(([name, value]) =>
    `${name}\n${(value.match(/.{1,96}/g) ?? []).map((line) => `    ${line}\n`).join("")}`
  ).join("");
}
