/**
 * Putting on record what people do with the key of a vault.
 *
 * @module
 */
import { VaultError } from "../../errors.ts";
import { transact, type VaultState } from "../transaction.ts";

/** What {@linkcode recordLock} records. */
type LockKind = "vault.unlock" | "vault.lock";

/**
 * Records that the vault was unlocked or locked by a person.
 *
 * @throws {VaultError} `INVALID_INPUT` for another kind: events about secrets are the vault's to record.
 */
export async function recordLock(state: VaultState, kind: LockKind): Promise<void> {
  if (kind !== "vault.unlock" && kind !== "vault.lock") {
    throw new VaultError("INVALID_INPUT", "record an event", "it is neither an unlock nor a lock");
  }
  await transact(state, (transaction) => transaction.record({ kind }));
}
