/**
 * Every kind of store. Where there is no SQLite, tests/edge/store_kinds.ts stands in for this file.
 *
 * @module
 */
import { join } from "node:path";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { MEMORY_KIND, type StoreKind } from "./memory_kind.ts";
import { withDirectory } from "./program.ts";

export type { StoreKind };

/** Opens the database of a directory, making it if it is not there. */
export function sqliteStore(directory: string, name = "vault.db"): Promise<SqliteStore> {
  return SqliteStore.open({ path: join(directory, name), create: true });
}

/** Every kind of store there is. */
export const STORE_KINDS: readonly StoreKind[] = [
  MEMORY_KIND,
  {
    name: "SqliteStore",
    withStore: (work) =>
      withDirectory(async (directory) => {
        const store = await sqliteStore(directory);
        try {
          return await work(store);
        } finally {
          // A test that closed the store itself is welcome to.
          await store.close().catch(() => {});
        }
      }),
    withPlace: (work) => withDirectory((directory) => work(() => sqliteStore(directory))),
  },
];
