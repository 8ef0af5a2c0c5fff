/**
 * A secret as it is stored, and as its owner sees it.
 *
 * @module
 */
import * as v from "valibot";
import { VaultError } from "../../errors.ts";
import { type Group, type Scope, scopeFromFields } from "./scope.ts";
import { isSecretId } from "../text.ts";

/** The longest value: 1 MiB. The shortest is 1 byte. */
export const MAX_VALUE_LENGTH = 1_048_576;

/** What may be known of a secret. Never its value. */
export interface SecretMetadata {
  /** Random UUID (RFC 9562 version 4), for life. */
  readonly id: string;
  /** Unique among names and aliases of its scope; 1 to 255 characters. */
  readonly name: string;
  /** Other names, sorted by code point. */
  readonly aliases: readonly string[];
  /** To whom it belongs, for life. */
  readonly scope: Scope;
  /** Groups that may use it besides its scope, sorted. */
  readonly attachedGroups: readonly Group[];
  /** The registry's provider that claims the name; `null` if none does. */
  readonly pinnedProvider: string | null;
  /** 1 at create, one more at each rotate. */
  readonly valueVersion: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly createdAtMs: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly updatedAtMs: number;
  /** From then on every use is denied; `null` for never. Milliseconds since 1970-01-01 UTC. */
  readonly expiresAtMs: number | null;
}

/** A secret's row, less its sealed value. */
export interface SecretRecord extends SecretMetadata {
  /** Names the KEK that wrapped the DEK: 32 hexadecimal digits. */
  readonly kekId: string;
  /** The DEK sealed under the KEK: 72 bytes. */
  readonly wrappedDek: Uint8Array;
}

/**
 * A row as a store hands it over: anyone who can write the file may have written it. The fields are those of
 * {@linkcode SecretRecord}, the scope as its kind and ids; an absent id is `""`.
 */
export type SecretRow = {
  readonly [
    Field in Exclude<keyof SecretRecord, "scope"> | "scopeKind" | "workspaceId" | "groupId"
  ]: unknown;
};

const text = v.string();
const time = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const rowSchema = v.object({
  id: v.pipe(text, v.check(isSecretId)),
  name: text,
  aliases: v.array(text),
  scopeKind: text,
  workspaceId: text,
  groupId: text,
  attachedGroups: v.array(v.object({ workspaceId: text, groupId: text })),
  pinnedProvider: v.nullable(v.pipe(text, v.minLength(1))),
  valueVersion: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  createdAtMs: time,
  updatedAtMs: time,
  expiresAtMs: v.nullable(time),
  kekId: text,
  wrappedDek: v.custom<Uint8Array>((value) => value instanceof Uint8Array),
});

/**
 * Reads a stored row. What is well-formed is not yet authentic: only unwrapping the DEK tells.
 *
 * @throws {VaultError} `INTEGRITY` if a field is not of its kind.
 */
export function parseSecretRow(row: SecretRow): SecretRecord {
  const parsed = v.safeParse(rowSchema, row);
  if (parsed.success) {
    const { scopeKind, workspaceId, groupId, ...rest } = parsed.output;
    const scope = scopeFromFields(scopeKind, workspaceId, groupId);
    if (scope !== undefined) return { ...rest, scope };
  }
  throw damaged(String(row.id));
}

/** The error for a stored secret that does not authenticate. */
export function damaged(id: string, cause?: unknown): VaultError {
  return new VaultError(
    "INTEGRITY",
    "read a secret",
    `the stored record of ${id} was changed or damaged`,
    {
      hints: [
        "other secrets are not affected; restore this one from a backup of the vault",
        `or remove it: aivault secrets delete ${id}`,
      ],
      cause,
    },
  );
}

/** The part of `record` that may be shown. */
export function metadataOf(record: SecretMetadata): SecretMetadata {
  const { id, name, aliases, scope, attachedGroups, pinnedProvider } = record;
  const { valueVersion, createdAtMs, updatedAtMs, expiresAtMs } = record;
  return {
    id,
    name,
    aliases,
    scope,
    attachedGroups,
    pinnedProvider,
    valueVersion,
    createdAtMs,
    updatedAtMs,
    expiresAtMs,
  };
}
