/**
 * What the audit remembers of a secret's stored state, so that a row that is put back, swapped or removed
 * behind the vault's back can be told.
 *
 * @module
 */
import { toHex } from "../../crypto/bytes.ts";
import { withContext } from "../../crypto/context.ts";
import { sha256 } from "../../crypto/kdf.ts";
import { scopeFields } from "./scope.ts";
import type { SecretRecord } from "./secret.ts";

/**
 * SHA-256 of a secret's stored state, in hexadecimal: all of it but the wrapped DEK and its kekId, which a
 * rotation of the master key changes without an event of the secret.
 */
export function stateDigest(record: SecretRecord, sealedValue: Uint8Array): string {
  const { kind, workspaceId, groupId } = scopeFields(record.scope);
  const groups = record.attachedGroups.flatMap((group) => [group.workspaceId, group.groupId]);
  const fields = [
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
  ];
  return toHex(withContext(fields, sha256));
}

/** What stands for the state of a secret that was deleted. */
export function deletedDigest(id: string): string {
  return toHex(withContext(["deleted", id], sha256));
}
