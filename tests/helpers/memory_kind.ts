/**
 * What a kind of store is for the tests, and the one that needs no platform.
 *
 * @module
 */
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { Store } from "../../lib/vault/store.ts";

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
