/**
 * A secret's value from the raw rows: written from the description of the format, with a cipher of its own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { openXChaCha } from "./independent_aead.ts";
import { encode } from "./independent_chain.ts";
import { row, rows, type SqlRow, type SqlValue } from "./raw_database.ts";

/** What is bound to a secret, as the format lays it down. */
export interface Bound {
  readonly metadataDigest: Uint8Array;
  readonly dekContext: Uint8Array;
  readonly valueContext: Uint8Array;
}

/** What is bound to the secret with this row. */
export function boundTo(raw: DatabaseSync, secret: SqlRow): Bound {
  const { id = null } = secret;
  const [name = {}, ...aliases] = rows(
    raw,
    "select name from secret_names where secret_id = ? order by is_alias, name",
    id,
  );
  const groups = rows(
    raw,
    `select workspace_id, group_id from attached_groups where secret_id = ?
      order by workspace_id, group_id`,
    id,
  );
  const metadata = encode(
    "metadata",
    name["name"],
    aliases.length,
    ...aliases.map((alias) => alias["name"]),
    groups.length,
    ...groups.flatMap(({ workspace_id, group_id }) => [workspace_id, group_id]),
    secret["created_at_ms"],
    secret["updated_at_ms"],
    secret["expires_at_ms"],
  );
  const identity = [
    row(raw, "select vault_id from vault")["vault_id"],
    id,
    secret["scope_kind"],
    secret["workspace_id"],
    secret["group_id"],
    secret["pinned_provider"],
    secret["value_version"],
  ];
  const metadataDigest = createHash("sha256").update(metadata).digest();
  return {
    metadataDigest,
    dekContext: encode("dek", ...identity, secret["kek_id"], metadataDigest),
    valueContext: encode("value", ...identity),
  };
}

/** The row of the secret of this name. */
export function secretNamed(raw: DatabaseSync, name: string): SqlRow {
  const sql =
    "select s.* from secrets s join secret_names n on n.secret_id = s.id where n.name = ?";
  return row(raw, sql, name);
}

/** The value of the secret of this name, opened with the KEK. */
export function openValue(raw: DatabaseSync, kek: Uint8Array, name: string): Uint8Array {
  const secret = secretNamed(raw, name);
  const { dekContext, valueContext } = boundTo(raw, secret);
  const dek = openXChaCha(kek, bytes(secret["wrapped_dek"]), dekContext);
  const sql = "select sealed_value from secret_values where secret_id = ?";
  const { sealed_value } = row(raw, sql, secret["id"] ?? null);
  return openXChaCha(dek, bytes(sealed_value), valueContext);
}

function bytes(value: SqlValue | undefined): Uint8Array {
  assert.ok(value instanceof Uint8Array);
  return value;
}
