/**
 * Getting at the key of an existing vault, and tidying up after a process that died.
 *
 * @module
 */
import { hasCode, withHints } from "../../errors.ts";
import { type KeyProviders, providerOf } from "./key_source.ts";
import { openProofKeys } from "../audit/proof_key.ts";
import { readRow, untilStable } from "../read_row.ts";
import type { TransactionState } from "../transaction.ts";

// Loaded when there is something to mend, or to put on record, which is rare.
const mendKey = () => import("./mend_key.ts");
const keyless = () => import("../audit/record_keyless.ts");

/** How a lost key may look. */
const LOST_KEY = [
  "WRONG_KEY",
  "KEY_STALE",
  "KEY_MISSING",
  "KEY_UNUSABLE",
  "KEY_UNAVAILABLE",
] as const;

/**
 * Makes sure that the vault's key is at hand, and that its row is authentic; heals a key that was lost before there
 * were secrets, and settles a rotation that was left behind.
 *
 * @throws {VaultError} `NOT_FOUND` without a vault, and what the key source reports.
 */
export async function unlock(
  state: TransactionState,
  providers: KeyProviders | undefined,
): Promise<void> {
  try {
    await unlockOrHeal(state, providers);
  } catch (error) {
    if (!hasCode(error, ...LOST_KEY) || (await readRow(state.store)).recovery === null) throw error;
    throw withHints(error, "if the key is lost, come back with: aivault recovery use");
  }
}

async function unlockOrHeal(
  state: TransactionState,
  providers: KeyProviders | undefined,
): Promise<void> {
  try {
    const row = await untilStable(state.store, async (row) => {
      (await openProofKeys(await state.keys.current(row), row)).wipe();
      return row;
    });
    if (row.rotation !== null) await (await mendKey()).settleIfFree(state, providers);
  } catch (error) {
    const row = await readRow(state.store);
    if (providers === undefined) throw error;
    const provider = providerOf(providers, row.provider.type);
    if (hasCode(error, "KEY_MISSING") && provider.selfHeals) {
      return await (await mendKey()).heal(state, providers, error);
    }
    await (await keyless()).recordWrongPassphrase(state, providers, row.provider.type, error);
    throw error;
  }
}
