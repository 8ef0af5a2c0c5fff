/**
 * Stands in for `tests/helpers/store_kinds.ts` where there is no SQLite.
 *
 * @module
 */
import { MEMORY_KIND, type StoreKind } from "../helpers/memory_kind.ts";

export type { StoreKind };

/** The store in memory alone. */
export const STORE_KINDS: readonly StoreKind[] = [MEMORY_KIND];

/** No test that is run here asks for it. */
export function sqliteStore(): never {
  throw new Error("there is no SQLite here");
}
