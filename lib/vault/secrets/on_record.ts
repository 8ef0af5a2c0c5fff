/**
 * Whether a stored secret is the one that the audit records.
 *
 * Its keys and bindings prove that a row once was the secret's, not that it is so still: an older copy of the row
 * passes them too. So before a secret is shown, used or changed its state is compared with the newest one on record.
 *
 * @module
 */
import { VaultError } from "../../errors.ts";
import { isProven, type ProofKeyring } from "../audit/audit.ts";
import type { SecretRecord } from "./secret.ts";
import { stateDigest } from "./state_digest.ts";
import type { StoreReader } from "../store.ts";

/**
 * The digest of the state of `record`, which is the one on record.
 *
 * @throws {VaultError} `INTEGRITY` if it is not.
 */
export async function checkOnRecord(
  reader: StoreReader,
  vaultId: string,
  proofKeys: ProofKeyring,
  record: SecretRecord,
  sealedValue: Uint8Array,
): Promise<string> {
  const event = await reader.lastState(record.id);
  const digest = stateDigest(record, sealedValue);
  const isOnRecord = event !== undefined && event.stateDigest === digest &&
    event.secretId === record.id && isProven(proofKeys, vaultId, event);
  if (isOnRecord) return digest;
  throw new VaultError(
    "INTEGRITY",
    "read a secret",
    `the stored record of ${record.id} is not the one that the audit records`,
    {
      hints: [
        "it was put back to an older state or changed behind the vault's back; see: aivault audit verify",
        `restore it from a backup of the vault, or remove it: aivault secrets delete ${record.id}`,
      ],
    },
  );
}
