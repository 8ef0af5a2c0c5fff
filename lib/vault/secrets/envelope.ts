/**
 * The envelope of a secret: a value sealed under its own DEK, and the DEK wrapped by the KEK,
 * both bound to everything that decides who may use the secret.
 *
 * @module
 */
import { KEY_LENGTH, open, seal } from "../../crypto/aead.ts";
import { randomBytes, wipe } from "../../crypto/bytes.ts";
import { type ContextField, encodeContext, withContext } from "../../crypto/context.ts";
import { sha256 } from "../../crypto/kdf.ts";
import { hasCode } from "../../errors.ts";
import { type KekHandle, type Rewrapper, sameKekId } from "../keys/kek.ts";
import { scopeFields } from "./scope.ts";
import { damaged, type SecretMetadata, type SecretRecord } from "./secret.ts";

/** A new DEK, wrapped, and the value sealed under it. */
export interface Envelope {
  /** Names the KEK that wrapped the DEK. */
  readonly kekId: string;
  /** 72 bytes: nonce, DEK, tag. */
  readonly wrappedDek: Uint8Array;
  /** The value's length and 40 bytes: nonce, ciphertext, tag. */
  readonly sealedValue: Uint8Array;
}

function identity(vaultId: string, secret: SecretMetadata): ContextField[] {
  const { kind, workspaceId, groupId } = scopeFields(secret.scope);
  const { id, pinnedProvider, valueVersion } = secret;
  return [vaultId, id, kind, workspaceId, groupId, pinnedProvider, valueVersion];
}

/** The associated data of a sealed value, as the fields of its encoding. */
function valueFields(vaultId: string, secret: SecretMetadata): ContextField[] {
  return ["value", ...identity(vaultId, secret)];
}

/** The associated data of a wrapped DEK: the identity, the kekId and the mutable metadata. */
export function dekContext(
  vaultId: string,
  secret: SecretMetadata,
  kekId: string,
  metadata: Uint8Array = metadataDigest(secret),
): Uint8Array {
  return encodeContext(["dek", ...identity(vaultId, secret), kekId, metadata]);
}

/** SHA-256 of the metadata that `update`, `attach` and `detach` may change. */
export function metadataDigest(secret: SecretMetadata): Uint8Array {
  const { name, aliases, attachedGroups, createdAtMs, updatedAtMs, expiresAtMs } = secret;
  const groups = attachedGroups.flatMap((group) => [group.workspaceId, group.groupId]);
  const fields = [
    "metadata",
    name,
    aliases.length,
    ...aliases,
    attachedGroups.length,
    ...groups,
    createdAtMs,
    updatedAtMs,
    expiresAtMs,
  ];
  return withContext(fields, sha256);
}

/** Seals `value` under a new DEK and wraps the DEK. The caller wipes `value`. */
export async function sealEnvelope(
  key: KekHandle,
  vaultId: string,
  secret: SecretMetadata,
  value: Uint8Array,
): Promise<Envelope> {
  const dek = randomBytes(KEY_LENGTH);
  try {
    const context = valueFields(vaultId, secret);
    const sealedValue = withContext(context, (encoded) => seal(dek, value, encoded));
    const wrappedDek = await key.wrap(dek, dekContext(vaultId, secret, key.kekId));
    return { kekId: key.kekId, wrappedDek, sealedValue };
  } finally {
    wipe(dek);
  }
}

/**
 * Unwraps the DEK of `record`, and so proves its metadata. The caller wipes the result.
 *
 * @throws {VaultError} `INTEGRITY`
 */
export async function openDek(
  key: KekHandle,
  vaultId: string,
  record: SecretRecord,
): Promise<Uint8Array> {
  if (!sameKekId(record.kekId, key.kekId)) throw damaged(record.id);
  try {
    return await key.unwrap(record.wrappedDek, dekContext(vaultId, record, key.kekId));
  } catch (error) {
    throw hasCode(error, "INTEGRITY") ? damaged(record.id, error) : error;
  }
}

/**
 * Opens the value of `record`. The caller wipes the result.
 *
 * @throws {VaultError} `INTEGRITY`
 */
export async function openEnvelope(
  key: KekHandle,
  vaultId: string,
  record: SecretRecord,
  sealedValue: Uint8Array,
): Promise<Uint8Array> {
  const dek = await openDek(key, vaultId, record);
  try {
    return openValue(dek, vaultId, record, sealedValue);
  } finally {
    wipe(dek);
  }
}

/**
 * Opens the value of `record` with its unwrapped DEK. The caller wipes the result.
 *
 * @throws {VaultError} `INTEGRITY`
 */
export function openValue(
  dek: Uint8Array,
  vaultId: string,
  record: SecretRecord,
  sealedValue: Uint8Array,
): Uint8Array {
  try {
    const context = valueFields(vaultId, record);
    return withContext(context, (encoded) => open(dek, sealedValue, encoded));
  } catch (error) {
    throw damaged(record.id, error);
  }
}

/**
 * Wraps the DEK of `record` anew, for `next` metadata.
 *
 * @throws {VaultError} `INTEGRITY` if `record` is not what was wrapped.
 */
export async function rebindDek(
  key: KekHandle,
  vaultId: string,
  record: SecretRecord,
  next: SecretMetadata,
): Promise<{ kekId: string; wrappedDek: Uint8Array }> {
  const dek = await openDek(key, vaultId, record);
  try {
    const wrappedDek = await key.wrap(dek, dekContext(vaultId, next, key.kekId));
    return { kekId: key.kekId, wrappedDek };
  } finally {
    wipe(dek);
  }
}

/**
 * Wraps the DEKs of `records`, wrapped under `kekId`, anew under `nextKekId`, the key of `rewrapper`.
 *
 * @returns The wrapped DEKs, in the order of `records`.
 * @throws {VaultError} `INTEGRITY` if a record is not what was wrapped.
 */
export async function rewrapDeks(
  rewrapper: Rewrapper,
  vaultId: string,
  records: readonly SecretRecord[],
  kekId: string,
  nextKekId: string,
): Promise<Uint8Array[]> {
  const rewrapped = await rewrapper.rewrap(records.map((record) => {
    if (!sameKekId(record.kekId, kekId)) throw damaged(record.id);
    const metadata = metadataDigest(record);
    return {
      wrapped: record.wrappedDek,
      from: dekContext(vaultId, record, kekId, metadata),
      to: dekContext(vaultId, record, nextKekId, metadata),
    };
  }));
  return records.map((record, i) => {
    const wrappedDek = rewrapped[i];
    if (wrappedDek === undefined) throw damaged(record.id);
    return wrappedDek;
  });
}
