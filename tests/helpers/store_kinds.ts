/**
 * Every kind of store. Where there is no SQLite, tests/edge/store_kinds.ts stands in for this file.
 *
 * @module
 */
import { join } from "node:path";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { Store } from "../../lib/vault/store.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { withDirectory } from "./program.ts";

/** Opens the database of a directory, making it if it is not there. */
export function sqliteStore(directory: string, name = "vault.db"): Promise<SqliteStore> {
  return SqliteStore.open({ path: join(directory, name), create: true });
}

/** A kind of store, and how to run a test with it. */
export interface StoreKind {
  readonly name: string;
  /** Runs `work` with a new store. */
  readonly withStore: <T>(work: (store: Store) => Promise<T>) => Promise<T>;
  /** Runs `work` with a function that opens one new place, again and again. */
  readonly withPlace: <T>(work: (open: () => Promise<Store>) => Promise<T>) => Promise<T>;
}

/** The store in memory, whose place is the store itself. */
export const MEMORY_KIND: StoreKind = {
  name: "MemoryStore",
  withStore: async (work) => await work(new MemoryStore()),
  withPlace: async (work) => {
    const store = new MemoryStore();
    return await work(() => Promise.resolve(store));
  },
};

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
