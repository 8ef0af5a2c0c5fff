/**
 * A store whose transactions can be watched and made to fail.
 *
 * @module
 */
import type { Store, StoreWriter } from "../../lib/vault/store.ts";

/** What a test does to a store. */
export interface Interception {
  /** Called before each method of a writer; it may throw. */
  onCall?: (method: keyof StoreWriter) => void;
  /** Called at the start of each writing transaction. */
  onWrite?: () => void;
}

/** `store`, with `interception` between; its fields may be changed at any time. */
export function interceptedStore(store: Store, interception: Interception): Store {
  return {
    read: (work) => store.read(work),
    write: (work, options) => {
      interception.onWrite?.();
      return store.write((writer) => work(watched(writer, interception)), options);
    },
    close: () => store.close(),
  };
}

function watched(writer: StoreWriter, interception: Interception): StoreWriter {
  return new Proxy(writer, {
    get(target, method) {
      const member: unknown = Reflect.get(target, method);
      if (typeof member !== "function") return member;
      return async (...given: unknown[]): Promise<unknown> => {
        interception.onCall?.(method as keyof StoreWriter);
        return await member.apply(target, given);
      };
    },
  });
}
