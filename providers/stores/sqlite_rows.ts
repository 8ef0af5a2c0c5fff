/**
 * Between rows of SQLite and rows of the store.
 *
 * @module
 */
import { VaultError } from "../../lib/errors.ts";
import type { AuditRow } from "../../lib/vault/audit/audit.ts";
import { compareGroups, scopeFields } from "../../lib/vault/secrets/scope.ts";
import type { SecretRecord, SecretRow } from "../../lib/vault/secrets/secret.ts";
import { compareText } from "../../lib/vault/text.ts";
import type { StoredVault } from "../../lib/vault/store.ts";

/** What SQLite can hold. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** A row of SQLite by column. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

// node:sqlite throws at a number that JavaScript cannot hold, which would hide every other row of the
// page: such a number becomes -1, which the vault refuses for this row alone.
const count = (column: string, table = "s"): string =>
  `iif(${table}.${column} not between 0 and ${Number.MAX_SAFE_INTEGER}, -1, ${table}.${column})
    as ${column}`;

// Deno's node:sqlite takes a NUL for the end of a text, so that an edit behind it would not be seen. No text of a
// vault holds one: such a text ends with another character that none holds, in the place that it has in the order.
const text = (column: string, table: string): string => {
  const name = `${table}.${column}`;
  const nul = `instr(${name}, char(0))`;
  return `iif(${nul}, substr(${name}, 1, ${nul} - 1) || char(1), ${name}) as ${column}`;
};

const texts = (columns: readonly string[], table: string): string =>
  columns.map((column) => text(column, table)).join(", ");

const SECRET_TEXTS = ["id", "scope_kind", "workspace_id", "group_id", "pinned_provider", "kek_id"];

/** The columns of a secret, its names and its groups, for a `select … from secrets s`. */
export const SECRET_COLUMNS = `${texts(SECRET_TEXTS, "s")}, ${count("value_version")},
  ${count("created_at_ms")}, ${count("updated_at_ms")}, ${count("expires_at_ms")}, s.wrapped_dek,
  (select json_group_array(json_array(n.is_alias, n.name)) from secret_names n
    where n.secret_id = s.id and n.scope_kind = s.scope_kind
      and n.workspace_id = s.workspace_id and n.group_id = s.group_id) as names,
  (select json_group_array(json_array(g.workspace_id, g.group_id))
    from attached_groups g where g.secret_id = s.id) as groups`;

const AUDIT_TEXTS = [
  "kind",
  "actor",
  "secret_id",
  "secret_name",
  "scope",
  "context",
  "note",
  "previous_digest",
  "state_digest",
];

/** The columns of an audit row, for a `select … from audit a`. A seq out of range keeps its side of the others. */
export const AUDIT_COLUMNS = `max(-1, min(a.seq, ${Number.MAX_SAFE_INTEGER})) as seq,
  ${count("time_ms", "a")}, ${texts(AUDIT_TEXTS, "a")}, a.mac, a.proof`;

const VAULT_TEXTS = [
  "vault_id",
  "provider",
  "kek_id",
  "retired_kek_ids",
  "rotation",
  "recovery",
  "past_proof_keys",
];

/** The columns of the vault's row, for a `select … from vault v`: of two of one name the later counts. */
export const VAULT_COLUMNS = `v.*, ${texts(VAULT_TEXTS, "v")}`;

/** A secret's row as the vault reads it. Whatever does not fit is passed on for the vault to refuse. */
export function toSecretRow(row: SqlRow): SecretRow {
  const names = parsePairs(row.names);
  const aliases = names?.filter(([isAlias]) => isAlias === 1).map(([, name]) => name);
  const others = names?.filter(([isAlias]) => isAlias !== 1);
  const name = others?.length === 1 && others[0]?.[0] === 0 ? others[0][1] : undefined;
  const groups = parsePairs(row.groups)?.map(([workspaceId, groupId]) => ({
    workspaceId: String(workspaceId),
    groupId: String(groupId),
  }));
  return {
    id: row.id,
    name,
    aliases: aliases?.map(String).sort(compareText),
    scopeKind: row.scope_kind,
    workspaceId: row.workspace_id,
    groupId: row.group_id,
    attachedGroups: groups?.sort(compareGroups),
    pinnedProvider: row.pinned_provider,
    valueVersion: row.value_version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    expiresAtMs: row.expires_at_ms,
    kekId: row.kek_id,
    wrappedDek: row.wrapped_dek,
  };
}

function parsePairs(text: SqlValue | undefined): [unknown, unknown][] | undefined {
  if (text === "[]") return [];
  const parsed = parseJson(text);
  return Array.isArray(parsed) ? parsed as [unknown, unknown][] : undefined;
}

/** The columns of the `secrets` table for `record`, in the order of the table. */
export function secretValues(record: SecretRecord): SqlValue[] {
  const { kind, workspaceId, groupId } = scopeFields(record.scope);
  return [
    record.id,
    kind,
    workspaceId,
    groupId,
    record.pinnedProvider,
    record.valueVersion,
    record.createdAtMs,
    record.updatedAtMs,
    record.expiresAtMs,
    record.kekId,
    record.wrappedDek,
  ];
}

/** The vault's row as the vault reads it. */
export function toVaultRow(row: SqlRow): StoredVault {
  return {
    vaultId: row.vault_id,
    formatVersion: row.format_version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    provider: parseDocument(row.provider),
    kekId: row.kek_id,
    retiredKekIds: parseDocument(row.retired_kek_ids),
    rotation: row.rotation === null ? null : parseDocument(row.rotation),
    recovery: row.recovery === null ? null : parseDocument(row.recovery),
    auditAnchor: row.audit_anchor,
    auditAnchorSeq: row.audit_anchor_seq,
    auditAnchorMac: row.audit_anchor_mac,
    auditProofKey: row.audit_proof_key,
    // It grows with every rotation. What is in it is flat, or refused before it is written again.
    pastProofKeys: parseDocument(row.past_proof_keys, Infinity),
    descriptionMac: row.description_mac,
    auditSeq: row.audit_seq,
    auditMac: row.audit_mac,
    auditKey: row.audit_key,
  };
}

/** The columns of the `vault` table for `vault`, in the order of the table. */
export function vaultValues(vault: StoredVault): SqlValue[] {
  return [
    1,
    vault.vaultId,
    vault.formatVersion,
    vault.createdAtMs,
    vault.updatedAtMs,
    documentText(vault.provider),
    vault.kekId,
    JSON.stringify(vault.retiredKekIds),
    vault.rotation === null ? null : documentText(vault.rotation),
    vault.recovery === null ? null : JSON.stringify(vault.recovery),
    vault.auditAnchor,
    vault.auditAnchorSeq,
    vault.auditAnchorMac,
    vault.auditProofKey,
    JSON.stringify(vault.pastProofKeys),
    vault.descriptionMac,
    vault.auditSeq,
    vault.auditMac,
    vault.auditKey,
  ].map((value) => value as SqlValue);
}

/** An audit row as the vault reads it. */
export function toAuditRow(row: SqlRow): AuditRow {
  return {
    seq: Number(row.seq),
    timeMs: Number(row.time_ms),
    kind: String(row.kind),
    actor: String(row.actor),
    secretId: String(row.secret_id),
    secretName: String(row.secret_name),
    scope: String(row.scope),
    context: String(row.context),
    note: String(row.note),
    previousDigest: String(row.previous_digest),
    stateDigest: String(row.state_digest),
    mac: row.mac instanceof Uint8Array ? row.mac : new Uint8Array(),
    proof: row.proof instanceof Uint8Array ? row.proof : new Uint8Array(),
  };
}

/** The columns of the `audit` table for `row`, in the order of the table. */
export function auditValues(row: AuditRow): SqlValue[] {
  return [
    row.seq,
    row.timeMs,
    row.kind,
    row.actor,
    row.secretId,
    row.secretName,
    row.scope,
    row.context,
    row.note,
    row.previousDigest,
    row.stateDigest,
    row.mac,
    row.proof,
  ];
}

// What is longer could be nested so deep that an engine runs out of stack when it is written again.
const MAX_DOCUMENT = 16_384;

function documentText(document: unknown): string {
  const text = JSON.stringify(document);
  if (text.length <= MAX_DOCUMENT) return text;
  const problem = `the settings of the key have more than ${MAX_DOCUMENT} characters as JSON`;
  throw new VaultError("INVALID_INPUT", "write the vault", problem);
}

/**
 * What a text of JSON says, if it is written as the program writes it: another spelling would be an edit that says the
 * same.
 */
function parseDocument(text: SqlValue | undefined, most = MAX_DOCUMENT): unknown {
  if (typeof text !== "string" || text.length > most) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return JSON.stringify(parsed) === text ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function parseJson(text: SqlValue | undefined): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
