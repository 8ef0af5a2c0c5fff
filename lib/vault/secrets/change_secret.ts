/**
 * Changing secrets: rotate, update, attach and detach a group, delete.
 *
 * Each but a deletion by id first proves that nobody edited the record on disk or put an older one there: otherwise
 * a change would bind that as if the owner had made it.
 *
 * @module
 */
import { wipe } from "../../crypto/bytes.ts";
import { VaultError } from "../../errors.ts";
import type { AuditEvent, AuditKind } from "../audit/audit.ts";
import { openDek, openEnvelope, rebindDek, sealEnvelope } from "./envelope.ts";
import { findId, findSecret, parseRef, readSealedValue } from "./find.ts";
import { checkOnRecord } from "./on_record.ts";
import { checkExpiry, checkFree, checkNames, takeAliases, takeValue } from "./new_secret.ts";
import { pinFor } from "../registry.ts";
import {
  checkGroup,
  checkScope,
  compareGroups,
  describeGroup,
  type Group,
  sameGroup,
  type Scope,
  scopeFields,
} from "./scope.ts";
import {
  metadataOf,
  parseSecretRow,
  type SecretMetadata,
  type SecretRecord,
  type SecretRow,
} from "./secret.ts";
import { secretEvent } from "./secret_event.ts";
import { deletedDigest, stateDigest } from "./state_digest.ts";
import { quoted } from "../text.ts";
import { transact, type Transaction, type VaultState } from "../transaction.ts";

/** What `update` may change; what is absent stays. */
export interface SecretChanges {
  /** A new name. */
  readonly name?: string | undefined;
  /** All aliases from now on. */
  readonly aliases?: readonly string[] | undefined;
  /** From then on every use is denied; `null` for never. Milliseconds since 1970-01-01 UTC. */
  readonly expiresAtMs?: number | null | undefined;
}

/** Gives a secret a new value under a new DEK; the old DEK and ciphertext are gone. */
export async function rotateSecret(
  state: VaultState,
  ref: string,
  scope: Scope,
  given: Uint8Array,
): Promise<SecretMetadata> {
  const attempted = `rotate secret ${quoted(ref)}`;
  const where = checkScope(scope, attempted);
  const value = takeValue(given, attempted);
  try {
    return await transact(state, async (transaction) => {
      const found = await findProven(transaction, ref, where, attempted);
      const { record } = found;
      const next = { ...changed(record, transaction), valueVersion: record.valueVersion + 1 };
      return await reseal(transaction, "secret.rotate", found, next, value);
    });
  } finally {
    wipe(value);
  }
}

/** Changes a secret's name, aliases or expiry. */
export function updateSecret(
  state: VaultState,
  ref: string,
  scope: Scope,
  given: SecretChanges,
): Promise<SecretMetadata> {
  const attempted = `update secret ${quoted(ref)}`;
  const where = checkScope(scope, attempted);
  const changes = takeChanges(given, attempted);
  return transact(state, async (transaction) => {
    const found = await findProven(transaction, ref, where, attempted);
    const { record, sealedValue } = found;
    const { name = record.name, aliases = record.aliases } = changes;
    const { expiresAtMs = record.expiresAtMs } = changes;
    const names = checkNames(name, aliases, attempted);
    const allNames = [names.name, ...names.aliases];
    const next: SecretMetadata = {
      ...changed(record, transaction),
      ...names,
      pinnedProvider: pinFor(state.registry, allNames, record.pinnedProvider, attempted),
      expiresAtMs: checkExpiry(expiresAtMs, attempted),
    };
    await checkFree(transaction.writer, next, attempted);
    if (next.pinnedProvider === record.pinnedProvider) {
      return await rebind(transaction, "secret.update", found, next);
    }
    // The pin is bound to the value too, so a value that becomes pinned is sealed anew.
    const key = await transaction.key();
    const value = await openEnvelope(key, transaction.row.vaultId, record, sealedValue);
    try {
      return await reseal(transaction, "secret.update", found, next, value);
    } finally {
      wipe(value);
    }
  });
}

function takeChanges(
  { name, aliases, expiresAtMs }: SecretChanges,
  attempted: string,
): SecretChanges {
  return {
    name,
    aliases: aliases === undefined ? undefined : takeAliases(aliases, attempted),
    expiresAtMs,
  };
}

/**
 * Lets a group use a secret. Attaching twice changes nothing.
 *
 * @throws {VaultError} `INVALID_INPUT` if the secret belongs to another workspace than the group.
 */
export function attachGroup(
  state: VaultState,
  ref: string,
  scope: Scope,
  group: Group,
): Promise<SecretMetadata> {
  const attempted = `attach a group to secret ${quoted(ref)}`;
  return changeGroups(
    state,
    "secret.attach-group",
    ref,
    scope,
    group,
    attempted,
    (record, checked) => {
      const { kind, workspaceId } = scopeFields(record.scope);
      if (kind !== "global" && workspaceId !== checked.workspaceId) {
        throw new VaultError(
          "INVALID_INPUT",
          attempted,
          `the secret belongs to workspace ${workspaceId}`,
          {
            hints: ["only a global secret can be attached to groups of any workspace"],
          },
        );
      }
      return [...record.attachedGroups, checked].sort(compareGroups);
    },
  );
}

/** Takes a group's attachment away. Detaching what is not attached changes nothing. */
export function detachGroup(
  state: VaultState,
  ref: string,
  scope: Scope,
  group: Group,
): Promise<SecretMetadata> {
  const attempted = `detach a group from secret ${quoted(ref)}`;
  return changeGroups(
    state,
    "secret.detach-group",
    ref,
    scope,
    group,
    attempted,
    (record, checked) => record.attachedGroups.filter((other) => !sameGroup(other, checked)),
  );
}

/**
 * Removes a secret; its names are free again. By id this works for a damaged record too; by name the record
 * has to be authentic, for an edited index could lead to another secret.
 */
export function deleteSecret(
  state: VaultState,
  ref: string,
  scope: Scope,
): Promise<{ id: string }> {
  const attempted = `delete secret ${quoted(ref)}`;
  const where = checkScope(scope, attempted);
  return transact(state, async (transaction) => {
    const { writer } = transaction;
    const id = await findId(writer, ref, where, attempted);
    await transaction.key();
    // An id means one record only, so that a damaged one can be removed.
    if ("name" in parseRef(ref)) await findProven(transaction, ref, where, attempted);
    const row = await writer.secret(id);
    await writer.deleteSecret(id);
    await transaction.record(deletionEvent(id, row));
    return { id };
  });
}

function deletionEvent(id: string, row: SecretRow | undefined): AuditEvent {
  const kind = "secret.delete";
  const digest = { stateDigest: deletedDigest(id) };
  try {
    if (row !== undefined) return secretEvent(kind, parseSecretRow(row), digest);
  } catch {
    // A damaged record has no scope to speak of; that it was removed is still on record.
  }
  return { kind, secretId: id, note: "damaged", ...digest };
}

/** A record that is as its owner left it. */
interface Found {
  readonly record: SecretRecord;
  readonly sealedValue: Uint8Array;
  /** The digest of this state. */
  readonly digest: string;
}

async function findProven(
  transaction: Transaction,
  ref: string,
  scope: Scope,
  attempted: string,
): Promise<Found> {
  const { writer, row } = transaction;
  const record = await findSecret(writer, ref, scope, attempted);
  wipe(await openDek(await transaction.key(), row.vaultId, record));
  const sealedValue = await readSealedValue(writer, record.id);
  const keys = await transaction.proofKeys();
  const digest = await checkOnRecord(writer, row.vaultId, keys, record, sealedValue);
  return { record, sealedValue, digest };
}

function changeGroups(
  state: VaultState,
  kind: AuditKind,
  ref: string,
  scope: Scope,
  group: Group,
  attempted: string,
  regroup: (record: SecretRecord, group: Group) => Group[],
): Promise<SecretMetadata> {
  const where = checkScope(scope, attempted);
  const checked = checkGroup(group, attempted);
  return transact(state, async (transaction) => {
    const found = await findProven(transaction, ref, where, attempted);
    const { record } = found;
    const isAttached = record.attachedGroups.some((other) => sameGroup(other, checked));
    if (isAttached === (kind === "secret.attach-group")) return metadataOf(record);
    const next = { ...changed(record, transaction), attachedGroups: regroup(record, checked) };
    const note = `group ${describeGroup(checked)}`;
    return await rebind(transaction, kind, found, next, { note });
  });
}

function changed(record: SecretRecord, transaction: Transaction): SecretMetadata {
  return { ...metadataOf(record), updatedAtMs: transaction.nowMs };
}

async function rebind(
  transaction: Transaction,
  kind: AuditKind,
  { record, sealedValue, digest }: Found,
  next: SecretMetadata,
  more: { note?: string } = {},
): Promise<SecretMetadata> {
  const { writer, row } = transaction;
  const key = await transaction.key();
  const changedRecord = { ...next, ...await rebindDek(key, row.vaultId, record, next) };
  await writer.updateSecret(changedRecord);
  const digests = {
    previousDigest: digest,
    stateDigest: stateDigest(changedRecord, sealedValue),
  };
  await transaction.record(secretEvent(kind, changedRecord, { ...digests, ...more }));
  return metadataOf(next);
}

async function reseal(
  transaction: Transaction,
  kind: AuditKind,
  { digest }: Found,
  next: SecretMetadata,
  value: Uint8Array,
): Promise<SecretMetadata> {
  const { writer, row } = transaction;
  const { sealedValue, ...wrapped } = await sealEnvelope(
    await transaction.key(),
    row.vaultId,
    next,
    value,
  );
  const record = { ...next, ...wrapped };
  await writer.updateSecret(record, sealedValue);
  const digests = { previousDigest: digest, stateDigest: stateDigest(record, sealedValue) };
  await transaction.record(secretEvent(kind, record, digests));
  return metadataOf(next);
}
