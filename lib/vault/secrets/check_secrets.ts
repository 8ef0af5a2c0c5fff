/**
 * Checking that every secret opens.
 *
 * @module
 */
import { wipe } from "../../crypto/bytes.ts";
import { hasCode } from "../../errors.ts";
import { openEnvelope } from "./envelope.ts";
import type { KekHandle } from "../keys/kek.ts";
import { parseSecretRow, type SecretRow } from "./secret.ts";
import { secretPages } from "./secret_pages.ts";
import type { StoreReader } from "../store.ts";
import type { VaultRow } from "../vault_row.ts";

/** A secret that does not open. */
export interface BrokenSecret {
  /** The id that its record bears. */
  readonly id: string;
  /** Its name, as stored. */
  readonly name: string;
}

/** What a check of all secrets found. */
export interface SecretCheck {
  /** How many there are. */
  readonly secrets: number;
  /** Those that do not open. */
  readonly broken: readonly BrokenSecret[];
}

const PAGE = 100;

/**
 * Unwraps every DEK and opens every value, and wipes them at once.
 *
 * @param onProgress Told how many were checked, now and then.
 */
export async function checkSecrets(
  reader: StoreReader,
  row: VaultRow,
  key: KekHandle,
  onProgress: (checked: number) => void = () => {},
): Promise<SecretCheck> {
  const broken: BrokenSecret[] = [];
  let secrets = 0;
  const pages = secretPages(PAGE, (after, limit) => reader.secrets(after, limit));
  for await (const rows of pages) {
    for (const stored of rows) {
      if (!await opens(reader, row, key, stored)) {
        broken.push({ id: String(stored.id), name: String(stored.name ?? "") });
      }
    }
    secrets += rows.length;
    onProgress(secrets);
  }
  return { secrets, broken };
}

async function opens(
  reader: StoreReader,
  row: VaultRow,
  key: KekHandle,
  stored: SecretRow,
): Promise<boolean> {
  try {
    const record = parseSecretRow(stored);
    const sealed = await reader.sealedValue(record.id) ?? new Uint8Array();
    wipe(await openEnvelope(key, row.vaultId, record, sealed));
    return true;
  } catch (error) {
    if (hasCode(error, "INTEGRITY")) return false;
    throw error;
  }
}
