/**
 * Reading metadata: never a value.
 *
 * @module
 */
import { wipe } from "../../crypto/bytes.ts";
import { hasCode, VaultError } from "../../errors.ts";
import { type AuditRow, isProven } from "../audit/audit.ts";
import { openDek } from "./envelope.ts";
import { findSecret, readSealedValue } from "./find.ts";
import { checkOnRecord } from "./on_record.ts";
import { openProofKeys } from "../audit/proof_key.ts";
import type { StoreReader } from "../store.ts";
import { untilStable } from "../read_row.ts";
import { checkScope, sameScope, type Scope, takeScope } from "./scope.ts";
import { quoted } from "../text.ts";
import { metadataOf, parseSecretRow, type SecretMetadata, type SecretRow } from "./secret.ts";
import { secretPages } from "./secret_pages.ts";
import type { VaultState } from "../transaction.ts";
import { readVaultRow } from "../vault_row.ts";

/** A secret's metadata and when it was last used. */
export interface ShownSecret extends SecretMetadata {
  /** From the audit; `null` if it never was. Milliseconds since 1970-01-01 UTC. */
  readonly lastUsedAtMs: number | null;
}

/** A stored record that cannot be read. */
export interface DamagedSecret {
  /** The id that the record bears. */
  readonly id: string;
  /** What is wrong with it. */
  readonly damaged: VaultError;
}

const PAGE = 500;

/** The metadata of one secret, authenticated, and as the audit has it. */
export function showSecret(state: VaultState, ref: string, scope: Scope): Promise<ShownSecret> {
  const attempted = `show secret ${quoted(ref)}`;
  const where = checkScope(scope, attempted);
  const show = async (reader: StoreReader): Promise<ShownSecret> => {
    const record = await findSecret(reader, ref, where, attempted);
    const row = await readVaultRow(reader);
    const key = await state.keys.current(row);
    wipe(await openDek(key, row.vaultId, record));
    const sealedValue = await readSealedValue(reader, record.id);
    const proofKeys = await openProofKeys(key, row);
    try {
      await checkOnRecord(reader, row.vaultId, proofKeys, record, sealedValue);
      const use = await reader.lastAudit(record.id, "secret.use");
      if (use !== undefined && !isProven(proofKeys, row.vaultId, use)) throw editedUse(use);
      return { ...metadataOf(record), lastUsedAtMs: use?.timeMs ?? null };
    } finally {
      proofKeys.wipe();
    }
  };
  return untilStable(state.store, () => state.store.read(show));
}

function editedUse({ seq, secretId }: AuditRow): VaultError {
  const problem = `event ${seq}, the last use of ${secretId}, is not as it was recorded`;
  return new VaultError("INTEGRITY", "read a secret", problem, {
    hints: ["see what else was changed: aivault audit verify"],
  });
}

/** All secrets in the order of their ids, as stored; pages of one consistent state each. */
export function listSecrets(
  state: VaultState,
  scope?: Scope,
): AsyncGenerator<SecretMetadata | DamagedSecret> {
  // Taken now: the pages are asked for later.
  return secretsIn(state, scope === undefined ? undefined : takeScope(scope));
}

async function* secretsIn(
  state: VaultState,
  scope: Scope | undefined,
): AsyncGenerator<SecretMetadata | DamagedSecret> {
  const wanted = scope === undefined ? undefined : checkScope(scope, "list secrets");
  const pages = secretPages(
    PAGE,
    (after, limit) => state.store.read((reader) => reader.secrets(after, limit)),
  );
  for await (const rows of pages) {
    for (const row of rows) {
      const secret = readable(row);
      if ("damaged" in secret || wanted === undefined || sameScope(secret.scope, wanted)) {
        yield secret;
      }
    }
  }
}

function readable(row: SecretRow): SecretMetadata | DamagedSecret {
  try {
    return metadataOf(parseSecretRow(row));
  } catch (error) {
    if (hasCode(error, "INTEGRITY")) return { id: String(row.id), damaged: error };
    throw error;
  }
}
