/**
 * The first step of making or opening a vault.
 *
 * @module
 */
import { closableStore } from "./closable_store.ts";
import type { KeySource } from "./key_source.ts";
import { builtInRegistry } from "./registry.ts";
import { checkText } from "./text.ts";
import type { VaultState } from "./transaction.ts";
import type { VaultOptions } from "./vault_options.ts";

/** What every operation of a vault with these options works with, but its keys. */
export function stateOf(options: VaultOptions): Omit<VaultState, "keys"> {
  const { registry = builtInRegistry, now = Date.now } = options;
  const store = closableStore(options.store);
  const actor = checkText(options.actor ?? "library", "actor", "open the vault");
  return { store, registry, now, actor };
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
