/**
 * The first step of making or opening a vault.
 *
 * @module
 */
import { closableStore } from "./closable_store.ts";
import { callerKey, type KeySource, providedKey } from "./keys/key_source.ts";
import { builtInRegistry } from "./registry.ts";
import { checkText } from "./text.ts";
import type { VaultState } from "./transaction.ts";
import type { CallerKeyOptions, KeptKeyOptions, VaultOptions } from "./vault_options.ts";

/** What every operation of a vault with these options works with, but its keys. */
export function stateOf(options: VaultOptions): Omit<VaultState, "keys"> {
  const { registry = builtInRegistry, now = Date.now } = options;
  const store = closableStore(options.store);
  const actor = checkText(options.actor ?? "library", "actor", "open the vault");
  return { store, registry, now, actor };
}

/**
 * Where the key of a vault that there is comes from.
 *
 * @throws {RangeError} if the key has not 32 bytes.
 */
export function keysOf(options: CallerKeyOptions | KeptKeyOptions): KeySource {
  return options.providers === undefined
    ? callerKey(options.kek)
    : providedKey(options.providers, options.keeper);
}

/** Begins with `first`; the keys are let go if it fails. */
export async function begin(
  options: VaultOptions,
  keys: KeySource,
  first: (state: VaultState) => Promise<void>,
): Promise<VaultState> {
  try {
    const state = { ...stateOf(options), keys };
    await first(state);
    return state;
  } catch (error) {
    keys.close();
    throw error;
  }
}
