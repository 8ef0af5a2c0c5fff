/**
 * A key provider that can lose its key.
 *
 * @module
 */
import { VaultError } from "../../lib/errors.ts";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";

/** What the provider keeps; a test may take it away and put it back. */
export interface KeptKeys {
  key?: Uint8Array;
  staged?: Uint8Array | undefined;
}

/** A provider that keeps its key in `place`, and makes a lost one anew. */
export function forgetful(place: KeptKeys): KeyProvider {
  const settings = { type: "forgetful" };
  const made = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32));
  return {
    type: "forgetful",
    needsPassphrase: false,
    selfHeals: true,
    options: [],
    async create() {
      place.key = made();
      return { settings, kek: place.key.slice(), adopted: false };
    },
    async load() {
      if (place.key !== undefined) return place.key.slice();
      throw new VaultError("KEY_MISSING", "read the key", "it is gone");
    },
    next: async () => ({ settings, kek: made() }),
    stage: async (_, kek) => void (place.staged = kek.slice()),
    loadStaged: async () => place.staged?.slice(),
    async commit() {
      if (place.staged !== undefined) place.key = place.staged;
      place.staged = undefined;
    },
    discard: async () => void (place.staged = undefined),
    retire: async () => void (delete place.key),
    describe: () => "a forgetful place",
  };
}
