/**
 * The vault's row as it is at a moment.
 *
 * @module
 */
import { hasCode } from "../errors.ts";
import type { Store } from "./store.ts";
import { readVaultRow, type VaultRow } from "./vault_row.ts";

/**
 * Runs `work` again if it failed for its key while another process was changing the key.
 */
export async function untilStable<T>(
  store: Store,
  work: (row: VaultRow) => Promise<T>,
): Promise<T> {
  let row = await readRow(store);
  while (true) {
    try {
      return await work(row);
    } catch (error) {
      if (!hasCode(error, "WRONG_KEY", "KEY_STALE", "KEY_MISSING")) throw error;
      const before = row.kekId;
      row = await readRow(store);
      if (row.kekId === before) throw error;
    }
  }
}

/** The vault's row at this moment. */
export function readRow(store: Store): Promise<VaultRow> {
  return store.read(readVaultRow);
}
