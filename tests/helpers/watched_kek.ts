/**
 * A KEK whose every use can be seen: what it gave, what it was given, and whether it was closed.
 *
 * @module
 */
import { holdKek, type KekHandle } from "../../lib/vault/keys/kek.ts";
import type { KekKeeper } from "../../lib/vault/keys/key_source.ts";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";

/** What was seen. */
export interface Watched {
  /** Every key that passed through a handle, as the vault holds it. */
  readonly keys: Uint8Array[];
  /** How many handles and rewrappers are open. */
  open: number;
}

/** Keeps `kek` for every vault, and notes in `watched` what becomes of it. */
export function watchedKeeper(kek: Uint8Array, watched: Watched): KekKeeper {
  return {
    find: async (vaultId) => watchedHandle(kek, vaultId, watched),
    moved: async () => {},
  };
}

function watchedHandle(kek: Uint8Array, vaultId: string, watched: Watched): KekHandle {
  const handle = holdKek(kek, vaultId);
  const closing = opened(watched);
  return {
    kekId: handle.kekId,
    wrap(key, context) {
      watched.keys.push(key);
      return handle.wrap(key, context);
    },
    async unwrap(wrapped, context) {
      const key = await handle.unwrap(wrapped, context);
      watched.keys.push(key);
      return key;
    },
    async rewrapper(next) {
      const rewrapper = await handle.rewrapper(next);
      const closingRewrapper = opened(watched);
      return {
        rewrap: (batch) => rewrapper.rewrap(batch),
        close() {
          closingRewrapper();
          rewrapper.close();
        },
      };
    },
    close() {
      closing();
      handle.close();
    },
  };
}

/** Counts one that is open; the result counts it as closed, once. */
function opened(watched: Watched): () => void {
  let isOpen = true;
  watched.open++;
  return () => {
    if (isOpen) watched.open--;
    isOpen = false;
  };
}

/** A provider without a key of its own. With `needsPassphrase` the vault looks for the key at a keeper first. */
export function keylessProvider(needsPassphrase: boolean, kek: Uint8Array): KeyProvider {
  const settings = { type: "keyless" };
  const nothing = () => Promise.resolve();
  return {
    type: "keyless",
    needsPassphrase,
    selfHeals: false,
    options: [],
    create: async () => ({ settings, kek: kek.slice(), adopted: true }),
    load: async () => kek.slice(),
    next: async (_, { newKey }) => ({ settings, kek: newKey?.slice() ?? kek.slice() }),
    stage: nothing,
    loadStaged: () => Promise.resolve(undefined),
    commit: nothing,
    discard: nothing,
    retire: nothing,
    describe: () => "a place of a test",
  };
}
