/**
 * The one way to a plaintext.
 *
 * @module
 */
import { wipe } from "../../crypto/bytes.ts";
import { hasCode, VaultError } from "../../errors.ts";
import { findInContext, mayUse } from "./access.ts";
import type { AuditEvent } from "../audit/audit.ts";
import { openDek, openValue } from "./envelope.ts";
import { parseRef, readSealedValue } from "./find.ts";
import { checkOnRecord } from "./on_record.ts";
import { checkContext, contextScope, describeScope, type UseContext } from "./scope.ts";
import { metadataOf, type SecretMetadata, type SecretRecord } from "./secret.ts";
import { secretEvent } from "./secret_event.ts";
import { quoted } from "../text.ts";
import { transact, type Transaction, type VaultState } from "../transaction.ts";

/** Receives the value of a secret. The bytes are wiped when it returns or its promise settles. */
export type SecretUser<T> = (value: Uint8Array, secret: SecretMetadata) => T | Promise<T>;

type Outcome = { value: Uint8Array; record: SecretRecord } | { refusal: unknown };

/** Opens a secret for `user`, if it may be used in `context`; use and denial are audited. */
export async function useSecret<T>(
  state: VaultState,
  ref: string,
  context: UseContext,
  user: SecretUser<T>,
): Promise<T> {
  const attempted = `use secret ${quoted(ref)}`;
  const checked = checkContext(context, attempted);
  if (typeof user !== "function") throw new TypeError(`${attempted}: it takes a function`);
  let opened: Uint8Array | undefined;
  try {
    // A refusal is returned, not thrown, so that the event that records it commits.
    const outcome = await transact(state, async (transaction): Promise<Outcome> => {
      const record = await find(transaction, ref, checked, attempted);
      if ("refusal" in record) return record;
      const decided = await decide(transaction, record, checked, attempted);
      if ("value" in decided) opened = decided.value;
      return decided;
    });
    if ("refusal" in outcome) throw outcome.refusal;
    return await user(outcome.value, metadataOf(outcome.record));
  } finally {
    wipe(opened);
  }
}

/** The secret that `ref` means. One whose row cannot be read, or is another's, is a failure that goes on record. */
async function find(
  transaction: Transaction,
  ref: string,
  context: UseContext,
  attempted: string,
): Promise<SecretRecord | { refusal: unknown }> {
  try {
    return await findInContext(transaction.writer, ref, context, attempted);
  } catch (error) {
    if (!hasCode(error, "INTEGRITY")) throw error;
    const parsed = parseRef(ref);
    const named = "id" in parsed ? { secretId: parsed.id } : { secretName: parsed.name };
    await transaction.record({ kind: "secret.use.failed", ...named, ...failureIn(context) });
    return { refusal: error };
  }
}

function failureIn(context: UseContext): Pick<AuditEvent, "context" | "note"> {
  return { context: describeScope(contextScope(context)), note: "integrity" };
}

type Denial = "context" | "expired";

function denial(record: SecretRecord, context: UseContext, nowMs: number): Denial | undefined {
  if (!mayUse(record, context)) return "context";
  return record.expiresAtMs !== null && record.expiresAtMs <= nowMs ? "expired" : undefined;
}

async function deny(
  transaction: Transaction,
  record: SecretRecord,
  context: UseContext,
  attempted: string,
  reason: Denial,
  stateDigest: string,
): Promise<Outcome> {
  const here = describeScope(contextScope(context));
  const more = { context: here, note: reason, stateDigest };
  await transaction.record(secretEvent("secret.use.denied", record, more));
  const refusal = reason === "expired"
    ? new VaultError("ACCESS_DENIED", attempted, "the secret has expired", {
      hints: ["give it a later expiry: aivault secrets update --expires-at"],
    })
    : new VaultError("ACCESS_DENIED", attempted, `it may not be used in context ${here}`, {
      hints: [
        `it belongs to scope ${describeScope(record.scope)}; attach it to the group to allow it`,
      ],
    });
  return { refusal };
}

async function decide(
  transaction: Transaction,
  record: SecretRecord,
  context: UseContext,
  attempted: string,
): Promise<Outcome> {
  const { row, nowMs } = transaction;
  const key = await transaction.key();
  try {
    // Proof comes first: of the scope, groups and expiry that the decision rests on.
    const dek = await openDek(key, row.vaultId, record);
    try {
      const { writer } = transaction;
      const sealedValue = await readSealedValue(writer, record.id);
      const keys = await transaction.proofKeys();
      const digest = await checkOnRecord(writer, row.vaultId, keys, record, sealedValue);
      const reason = denial(record, context, nowMs);
      if (reason !== undefined) {
        return await deny(transaction, record, context, attempted, reason, digest);
      }
      const value = openValue(dek, row.vaultId, record, sealedValue);
      return await lend(transaction, record, context, value, digest);
    } finally {
      wipe(dek);
    }
  } catch (error) {
    if (!hasCode(error, "INTEGRITY")) throw error;
    await transaction.record(secretEvent("secret.use.failed", record, failureIn(context)));
    return { refusal: error };
  }
}

async function lend(
  transaction: Transaction,
  record: SecretRecord,
  context: UseContext,
  value: Uint8Array,
  stateDigest: string,
): Promise<Outcome> {
  try {
    const more = { context: describeScope(contextScope(context)), stateDigest };
    await transaction.record(secretEvent("secret.use", record, more));
  } catch (error) {
    wipe(value);
    throw error;
  }
  return { value, record };
}
