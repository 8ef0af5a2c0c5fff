/**
 * From a reference to a secret's record.
 *
 * @module
 */
import { VaultError } from "../../errors.ts";
import { checkScope, describeScope, sameScope, type Scope } from "./scope.ts";
import { damaged, parseSecretRow, type SecretMetadata, type SecretRecord } from "./secret.ts";
import type { StoreReader } from "../store.ts";
import { isSecretId } from "../text.ts";

const refPrefix = "vault:secret:";

/**
 * The reference of a secret by id: `vault:secret:<id>`.
 *
 * @example
 * ```ts
 * import { secretRef } from "@aivault/cli";
 * import assert from "node:assert/strict";
 *
 * const id = "0b6b1a6e-6d0c-4a3f-9a0e-1f6d3c1c2a57";
 * assert.equal(secretRef(id), `vault:secret:${id}`);
 * ```
 */
export function secretRef(id: string): string {
  return refPrefix + id;
}

/**
 * What a reference names: an id, bare or as `vault:secret:<id>`, or a name or alias.
 *
 * @throws {VaultError} `INVALID_INPUT` if it is not text.
 */
export function parseRef(ref: string): { id: string } | { name: string } {
  if (typeof ref !== "string") {
    throw new VaultError("INVALID_INPUT", "find a secret", "what names it is not text");
  }
  const bare = ref.startsWith(refPrefix) ? ref.slice(refPrefix.length) : ref;
  return isSecretId(bare) ? { id: bare.toLowerCase() } : { name: ref.normalize("NFC") };
}

/**
 * The id that `ref` stands for; names are looked up in `scope`.
 *
 * @throws {VaultError} `NOT_FOUND`, `INVALID_INPUT` if there is no such scope.
 */
export async function findId(
  reader: StoreReader,
  ref: string,
  scope: Scope,
  attempted: string,
): Promise<string> {
  const parsed = parseRef(ref);
  if ("id" in parsed) {
    if (await reader.secret(parsed.id) !== undefined) return parsed.id;
    throw new VaultError("NOT_FOUND", attempted, "there is no secret of this id");
  }
  const where = checkScope(scope, attempted);
  const id = await reader.findByName(where, parsed.name);
  if (id !== undefined) return id;
  throw new VaultError(
    "NOT_FOUND",
    attempted,
    `there is no such secret in scope ${describeScope(where)}`,
    {
      hints: ["see what there is: aivault secrets list"],
    },
  );
}

/**
 * The record that `ref` stands for.
 *
 * @throws {VaultError} `NOT_FOUND`, `INVALID_INPUT` if there is no such scope, or `INTEGRITY` if the row is damaged.
 */
export async function findSecret(
  reader: StoreReader,
  ref: string,
  scope: Scope,
  attempted: string,
): Promise<SecretRecord> {
  const record = await readRecord(reader, await findId(reader, ref, scope, attempted));
  const parsed = parseRef(ref);
  if ("id" in parsed) return record;
  // A store's index may have been edited to lead from one secret's name to another secret.
  const isThere = sameScope(record.scope, checkScope(scope, attempted));
  if (!isThere || !bearsName(record, parsed.name)) throw damaged(record.id);
  return record;
}

/** The record of an id that a store has just given. */
export async function readRecord(reader: StoreReader, id: string): Promise<SecretRecord> {
  const row = await reader.secret(id);
  if (row === undefined) throw damaged(id);
  return parseSecretRow(row);
}

/** The sealed value of a record that a store has just given. */
export async function readSealedValue(reader: StoreReader, id: string): Promise<Uint8Array> {
  const sealedValue = await reader.sealedValue(id);
  if (sealedValue === undefined) throw damaged(id);
  return sealedValue;
}

/** Whether `name` is the secret's name or one of its aliases. */
export function bearsName({ name: own, aliases }: SecretMetadata, name: string): boolean {
  return own === name || aliases.includes(name);
}
