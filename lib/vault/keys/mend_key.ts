/**
 * What opening a vault rarely has to do for its key: heal it, or settle what a dead process left behind.
 *
 * @module
 */
import { hasCode, VaultError } from "../../errors.ts";
import { healLostKey } from "../init_vault.ts";
import type { KeyProviders } from "./key_source.ts";
import { settle } from "./settle_rotation.ts";
import type { TransactionState } from "../transaction.ts";

/** Settles a rotation that was left behind, unless another process holds the store or something is out of reach. */
export async function settleIfFree(
  state: TransactionState,
  providers: KeyProviders | undefined,
): Promise<void> {
  try {
    await settle(state, providers, { noWait: true });
  } catch (error) {
    // Whoever holds the store may be the rotation itself. The key is at hand, so what cannot be settled
    // now, for want of a provider, a Keychain, a mode or a disk, is left to a later opening.
    if (!hasCode(error, "BUSY", "UNSUPPORTED", "KEY_UNAVAILABLE", "KEY_UNUSABLE", "DISK")) {
      throw error;
    }
  }
}

/**
 * Gives the vault a new key in the place of the one that is missing.
 *
 * @throws {VaultError} `KEY_MISSING` if it has secrets.
 */
export async function heal(
  state: TransactionState,
  providers: KeyProviders,
  missing: VaultError,
): Promise<void> {
  if (await healLostKey(state, providers)) return await settle(state, providers);
  throw new VaultError("KEY_MISSING", missing.attempted, missing.problem, {
    hints: ["the vault has secrets under the lost key, so no new key was made", ...missing.hints],
    cause: missing,
  });
}
