/**
 * Secrets and events as text and as JSON.
 *
 * @module
 */
import { toHex } from "../crypto/bytes.ts";
import type { AuditRow } from "../vault/audit/audit.ts";
import { secretRef } from "../vault/secrets/find.ts";
import { describeGroup, describeScope, scopeFields } from "../vault/secrets/scope.ts";
import type { SecretMetadata } from "../vault/secrets/secret.ts";
import { describeTime, factLines, tableLines } from "./facts.ts";

/** A secret for programs. */
export function secretDocument(secret: SecretMetadata & { lastUsedAtMs?: number | null }) {
  const { kind, workspaceId, groupId } = scopeFields(secret.scope);
  const { scope: _, ...rest } = secret;
  return {
    ...rest,
    ref: secretRef(secret.id),
    scope: kind,
    workspaceId: workspaceId === "" ? null : workspaceId,
    groupId: groupId === "" ? null : groupId,
  };
}

/** A secret for people, a line for each fact. */
export function secretLines(secret: SecretMetadata & { lastUsedAtMs?: number | null }): string[] {
  const optional = (label: string, value: string): [string, string][] =>
    value === "" ? [] : [[label, value]];
  const used = secret.lastUsedAtMs;
  return factLines([
    ["name", secret.name],
    ["id", secret.id],
    ["scope", describeScope(secret.scope)],
    ...optional("aliases", secret.aliases.join(", ")),
    ...optional("groups", secret.attachedGroups.map(describeGroup).join(", ")),
    ...optional("pinned to", secret.pinnedProvider ?? ""),
    ["version", String(secret.valueVersion)],
    ["created", describeTime(secret.createdAtMs)],
    ["updated", describeTime(secret.updatedAtMs)],
    ...optional("expires", secret.expiresAtMs === null ? "" : describeTime(secret.expiresAtMs)),
    ...optional(
      "last used",
      used === undefined ? "" : used === null ? "never" : describeTime(used),
    ),
  ]);
}

/** A list of secrets for people. */
export function secretTable(secrets: readonly SecretMetadata[]): string[] {
  if (secrets.length === 0) return ["no secrets"];
  return tableLines(
    ["NAME", "SCOPE", "PINNED TO", "VERSION", "UPDATED", "ID"],
    secrets.map((secret) => [
      secret.name,
      describeScope(secret.scope),
      secret.pinnedProvider ?? "-",
      String(secret.valueVersion),
      describeTime(secret.updatedAtMs),
      secret.id,
    ]),
  );
}

/** An audit event for programs. */
export function eventDocument(row: AuditRow) {
  const { seq, timeMs, kind, actor, mac } = row;
  const optional = (text: string): string | null => text === "" ? null : text;
  return {
    seq,
    recordedAtMs: timeMs,
    kind,
    actor,
    secretId: optional(row.secretId),
    secretName: optional(row.secretName),
    scope: optional(row.scope),
    context: optional(row.context),
    note: optional(row.note),
    previousDigest: optional(row.previousDigest),
    stateDigest: optional(row.stateDigest),
    mac: toHex(mac),
    proof: optional(toHex(row.proof)),
  };
}

/** Audit events for people. */
export function eventTable(rows: readonly AuditRow[]): string[] {
  if (rows.length === 0) return ["no events"];
  return tableLines(
    ["SEQ", "TIME", "EVENT", "SECRET", "SCOPE", "NOTE"],
    rows.map((row) => [
      String(row.seq),
      describeTime(row.timeMs),
      row.kind,
      row.secretId || "-",
      row.scope || "-",
      [row.context === "" ? "" : `in ${row.context}`, row.note].filter(Boolean).join("; "),
    ]),
  );
}
