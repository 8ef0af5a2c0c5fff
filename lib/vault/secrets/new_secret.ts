/**
 * Creating secrets, one or many.
 *
 * @module
 */
import { isBytes, steadyCopy, wipe } from "../../crypto/bytes.ts";
import { VaultError } from "../../errors.ts";
import { isTime } from "../clock.ts";
import { sealEnvelope } from "./envelope.ts";
import { newSecretIds } from "./new_secret_ids.ts";
import { pinFor, type Registry } from "../registry.ts";
import { checkScope, describeScope, GLOBAL, type Scope } from "./scope.ts";
import { MAX_VALUE_LENGTH, metadataOf, type SecretMetadata } from "./secret.ts";
import { secretEvent } from "./secret_event.ts";
import { stateDigest } from "./state_digest.ts";
import { checkName, compareText, quoted } from "../text.ts";
import type { StoreReader } from "../store.ts";
import { transact, type Transaction, type VaultState } from "../transaction.ts";

/** A secret to be created. */
export interface NewSecret {
  /**
   * Unique among names and aliases of its scope; 1 to 255 characters (code points) in Unicode normalisation form C, into
   * which it is put. No control or direction-changing characters, no U+FFFD, no white space at its ends, nor the form of an
   * id, nor `vault:` at its start.
   */
  readonly name: string;
  /** 1 byte to 1 MiB, any bytes. Not changed, and copied when the vault is asked: the caller wipes it, then or later. */
  readonly value: Uint8Array;
  /** Default: global. */
  readonly scope?: Scope | undefined;
  /** Other names, by the same rules. Default: none. */
  readonly aliases?: readonly string[] | undefined;
  /** From then on every use is denied. Whole milliseconds since 1970-01-01 UTC. Default: never. */
  readonly expiresAtMs?: number | null | undefined;
}

/** Creates a secret, as it is when this is called. */
export async function createSecret(state: VaultState, given: NewSecret): Promise<SecretMetadata> {
  const secret = takeSecret(given);
  try {
    return await transact(
      state,
      (transaction) =>
        insert(transaction, state.registry, crypto.randomUUID(), secret, [], undefined),
    );
  } finally {
    wipe(secret.value);
  }
}

/** Creates all of `secrets`, or none of them, each as it is when it is yielded. */
export function importSecrets(
  state: VaultState,
  secrets: Iterable<NewSecret> | AsyncIterable<NewSecret>,
): Promise<SecretMetadata[]> {
  return transact(state, async (transaction) => {
    const created: SecretMetadata[] = [];
    const ids = newSecretIds();
    for await (const given of secrets) {
      const id = ids.next().value;
      const secret = takeSecret(given);
      try {
        created.push(await insert(transaction, state.registry, id, secret, created, "import"));
      } finally {
        wipe(secret.value);
      }
    }
    return created;
  });
}

function takeSecret({ name, value, scope, aliases, expiresAtMs }: NewSecret): NewSecret {
  const attempted = `create secret ${quoted(name)}`;
  return {
    name,
    scope: scope === undefined ? GLOBAL : checkScope(scope, attempted),
    aliases: takeAliases(aliases ?? [], attempted),
    expiresAtMs,
    value: takeValue(value, attempted),
  };
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
  const attempted = `create secret ${quoted(secret.name)}`;
  const names = checkNames(secret.name, secret.aliases ?? [], attempted);
  const metadata: SecretMetadata = {
    id,
    ...names,
    scope: secret.scope ?? GLOBAL,
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
 * A copy of a value, of which whoever asked for it wipes: its owner may wipe, change or give away the bytes meanwhile.
 *
 * @throws {VaultError} `INVALID_INPUT` if it is not bytes, or has none or too many.
 */
export function takeValue(value: Uint8Array, attempted: string): Uint8Array {
  const refused = (problem: string) => new VaultError("INVALID_INPUT", attempted, problem);
  if (!isBytes(value)) throw refused("the value is not a Uint8Array");
  if (value.length === 0) throw refused("the value is empty");
  if (value.length > MAX_VALUE_LENGTH) throw refused("the value is longer than 1 MiB");
  return steadyCopy(value);
}

/** A copy of a list of aliases, to be checked by {@linkcode checkNames}. */
export function takeAliases(aliases: readonly string[], attempted: string): readonly string[] {
  if (Array.isArray(aliases)) return [...aliases];
  throw new VaultError("INVALID_INPUT", attempted, "the aliases are not a list");
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
  if (expiresAtMs === null) return null;
  // Of the two zeros a database keeps one.
  if (isTime(expiresAtMs)) return expiresAtMs + 0;
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
