/**
 * The vault's row as it is at a moment.
 *
 * @module
 */
import { hasCode } from "../errors.ts";
import type { KekHandle } from "./keys/kek.ts";
import type { KeySource } from "./keys/key_source.ts";
import type { Store, StoreReader } from "./store.ts";
import { readVaultRow, type VaultRow } from "./vault_row.ts";

/** How a key may look whose place another process is changing. */
const PASSING = [
  "WRONG_KEY",
  "KEY_STALE",
  "KEY_MISSING",
  "KEY_UNUSABLE",
  "KEY_UNAVAILABLE",
  "DISK",
] as const;

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
      if (!hasCode(error, ...PASSING)) throw error;
      const before = row.kekId;
      row = await readRow(store);
      if (row.kekId === before) throw error;
    }
  }
}

/** Runs `work` on one state of the vault: what is read, its row, and the key that it has then. */
export function inOneState<T>(
  { store, keys }: { readonly store: Store; readonly keys: KeySource },
  work: (reader: StoreReader, row: VaultRow, key: KekHandle) => Promise<T>,
): Promise<T> {
  return untilStable(store, () =>
    store.read(async (reader) => {
      const row = await readVaultRow(reader);
      return await work(reader, row, await keys.current(row));
    }));
}

/** The vault's row at this moment. */
export function readRow(store: Store): Promise<VaultRow> {
  return store.read(readVaultRow);
}
