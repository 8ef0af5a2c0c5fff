/**
 * A store whose transactions can be watched and made to fail.
 *
 * @module
 */
import type { Store, StoreReader, StoreWriter } from "../../lib/vault/store.ts";

/** What a test does to a store. */
export interface Interception {
  /** Called before each method of a writer; it may throw. */
  onCall?: (method: keyof StoreWriter) => void;
  /** Awaited before each method of a reader. */
  onRead?: (method: keyof StoreReader) => Promise<void>;
  /** Called at the start of each writing transaction. */
  onWrite?: () => void;
}

/** `store`, with `interception` between; its fields may be changed at any time. */
export function interceptedStore(store: Store, interception: Interception): Store {
  return {
    read: (work) =>
      store.read((reader) => {
        const before = async (method: string | symbol) =>
          await interception.onRead?.(method as keyof StoreReader);
        return work(watched(reader, before));
      }),
    write: (work, options) => {
      interception.onWrite?.();
      return store.write((writer) => {
        const before = (method: string | symbol) =>
          interception.onCall?.(method as keyof StoreWriter);
        return work(watched(writer, before));
      }, options);
    },
    close: () => store.close(),
  };
}

function watched<T extends StoreReader>(
  target: T,
  before: (method: string | symbol) => Promise<void> | void,
): T {
  return new Proxy(target, {
    get(target, method) {
      const member: unknown = Reflect.get(target, method);
      if (typeof member !== "function") return member;
      return async (...given: unknown[]): Promise<unknown> => {
        await before(method);
        return await member.apply(target, given);
      };
    },
  });
}
