/**
 * A store that stays closed, whatever becomes of the one behind it.
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import type { Store } from "./store.ts";

/** The error of whoever asks a vault that was closed. */
export function vaultClosed(): VaultError {
  return new VaultError("LOCKED", "use the vault", "it was closed");
}

/** `store` until its `close`; from then on reading and writing fail with `LOCKED`. */
export function closableStore(store: Store): Store {
  let closing: Promise<void> | undefined;
  const open = (): Store => {
    if (closing === undefined) return store;
    throw vaultClosed();
  };
  return {
    // async, so that a failure is always a rejection and never a throw.
    read: async (work) => await open().read(work),
    write: async (work, options) => await open().write(work, options),
    close: () => closing ??= store.close(),
  };
}
