/**
 * Events that are recorded without the vault's key: what people do who need not have it.
 *
 * @module
 */
import { hasCode, VaultError } from "../../errors.ts";
import { hasLock, type KeyProviders, type KeySource } from "../keys/key_source.ts";
import { type KeylessState, transact } from "../transaction.ts";

/**
 * Records that the vault was locked, or that somebody tried a passphrase or a recovery key that is not its own.
 *
 * @param note What was to be opened, if it was not the vault itself.
 */
export async function recordKeyless(
  state: KeylessState,
  kind: "vault.unlock.failed" | "vault.lock" | "recovery.use.failed",
  note?: "backup",
): Promise<void> {
  const event = note === undefined ? { kind } : { kind, note };
  await transact({ ...state, keys: NO_KEY }, (transaction) => transaction.record(event));
}

/** Puts it on record if `error` says that a passphrase was wrong; another key that does not fit was not guessed. */
export async function recordWrongPassphrase(
  state: KeylessState,
  providers: KeyProviders,
  type: string,
  error: unknown,
): Promise<void> {
  if (!hasCode(error, "WRONG_KEY") || !hasLock(providers, type)) return;
  await recordKeyless(state, "vault.unlock.failed");
}

const NO_KEY: KeySource = {
  current: () => Promise.reject(new VaultError("LOCKED", "use the vault's key", "it is locked")),
  adopt: () => Promise.resolve(),
  close: () => {},
};
