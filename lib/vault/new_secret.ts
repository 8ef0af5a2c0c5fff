/**
 * Creating secrets, one or many.
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import { isTime } from "./clock.ts";
import { sealEnvelope } from "./envelope.ts";
import { newSecretIds } from "./new_secret_ids.ts";
import { pinFor, type Registry } from "./registry.ts";
import { checkScope, describeScope, GLOBAL, type Scope } from "./scope.ts";
import { MAX_VALUE_LENGTH, metadataOf, type SecretMetadata } from "./secret.ts";
import { secretEvent } from "./secret_event.ts";
import { stateDigest } from "./state_digest.ts";
import { checkName, compareText } from "./text.ts";
import type { StoreReader } from "./store.ts";
import { transact, type Transaction, type VaultState } from "./transaction.ts";

/** A secret to be created. */
export interface NewSecret {
  /** Unique among names and aliases of its scope; 1 to 255 characters. */
  readonly name: string;
  /** 1 byte to 1 MiB, any bytes. Not changed, not kept: the caller wipes it. */
  readonly value: Uint8Array;
  /** Default: global. */
  readonly scope?: Scope | undefined;
  /** Other names. Default: none. */
  readonly aliases?: readonly string[] | undefined;
  /** From then on every use is denied. Milliseconds since 1970-01-01 UTC. Default: never. */
  readonly expiresAtMs?: number | null | undefined;
}

/** Creates all of `secrets`, or none of them. */
export function createSecrets(
  state: VaultState,
  secrets: Iterable<NewSecret> | AsyncIterable<NewSecret>,
  note?: "import",
): Promise<SecretMetadata[]> {
  return transact(state, async (transaction) => {
    const created: SecretMetadata[] = [];
    const ids = newSecretIds();
    for await (const secret of secrets) {
      const id = ids.next().value;
      created.push(await insert(transaction, state.registry, id, secret, created, note));
    }
    return created;
  });
}

async function insert(
  transaction: Transaction,
  registry: Registry,
  id: string,
  secret: NewSecret,
  created: readonly SecretMetadata[],
  note: "import" | undefined,
): Promise<SecretMetadata> {
  const { writer, row, nowMs } = transaction;
  const attempted = `create secret ${JSON.stringify(secret.name)}`;
  checkValue(secret.value, attempted);
  const names = checkNames(secret.name, secret.aliases ?? [], attempted);
  const metadata: SecretMetadata = {
    id,
    ...names,
    scope: checkScope(secret.scope ?? GLOBAL, attempted),
    attachedGroups: [],
    pinnedProvider: pinFor(registry, [names.name, ...names.aliases], null, attempted),
    valueVersion: 1,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    expiresAtMs: checkExpiry(secret.expiresAtMs ?? null, attempted),
  };
  await checkFree(writer, metadata, attempted, {
    hints: ["to give that secret a new value: aivault secrets rotate"],
    created,
  });
  const envelope = await sealEnvelope(await transaction.key(), row.vaultId, metadata, secret.value);
  const { sealedValue, ...wrapped } = envelope;
  const record = { ...metadata, ...wrapped };
  await writer.insertSecret(record, sealedValue);
  const more = {
    stateDigest: stateDigest(record, sealedValue),
    ...(note === undefined ? {} : { note }),
  };
  await transaction.record(secretEvent("secret.create", record, more));
  return metadataOf(metadata);
}

/**
 * Checks the length of a value.
 *
 * @throws {VaultError} `INVALID_INPUT`
 */
export function checkValue(value: Uint8Array, attempted: string): void {
  if (value.length === 0) throw new VaultError("INVALID_INPUT", attempted, "the value is empty");
  if (value.length <= MAX_VALUE_LENGTH) return;
  throw new VaultError("INVALID_INPUT", attempted, "the value is longer than 1 MiB");
}

/**
 * Checks a name and its aliases, and sorts the aliases.
 *
 * @throws {VaultError} `INVALID_INPUT` if one is not allowed or stands there twice.
 */
export function checkNames(
  name: string,
  aliases: readonly string[],
  attempted: string,
): { name: string; aliases: string[] } {
  const checked = {
    name: checkName(name, "name", attempted),
    aliases: aliases.map((alias) => checkName(alias, "alias", attempted)).sort(compareText),
  };
  const all = [checked.name, ...checked.aliases];
  if (new Set(all).size === all.length) return checked;
  throw new VaultError("INVALID_INPUT", attempted, "a name or alias is given twice");
}

/**
 * Checks a time of expiry.
 *
 * @throws {VaultError} `INVALID_INPUT`
 */
export function checkExpiry(expiresAtMs: number | null, attempted: string): number | null {
  if (expiresAtMs === null || isTime(expiresAtMs)) return expiresAtMs;
  throw new VaultError("INVALID_INPUT", attempted, "the expiry is not a time in milliseconds");
}

/**
 * Checks that no other secret of the scope bears one of the names.
 *
 * @param hints What to do if one does.
 * @param created Those that the same operation has just made: they are no secrets of the vault yet.
 * @throws {VaultError} `ALREADY_EXISTS`, or `INVALID_INPUT` if it is one of `created`.
 */
export async function checkFree(
  reader: StoreReader,
  secret: Pick<SecretMetadata, "id" | "name" | "aliases" | "scope">,
  attempted: string,
  { hints = [], created = [] }: {
    hints?: readonly string[];
    created?: readonly SecretMetadata[];
  } = {},
): Promise<void> {
  for (const name of [secret.name, ...secret.aliases]) {
    const holder = await reader.findByName(secret.scope, name);
    if (holder === undefined || holder === secret.id) continue;
    const quoted = JSON.stringify(name);
    if (created.some(({ id }) => id === holder)) {
      const problem = `the name ${quoted} is given to more than one of the new secrets`;
      throw new VaultError("INVALID_INPUT", attempted, problem);
    }
    const where = describeScope(secret.scope);
    throw new VaultError(
      "ALREADY_EXISTS",
      attempted,
      `the name ${quoted} is taken in scope ${where}`,
      {
        hints,
      },
    );
  }
}
