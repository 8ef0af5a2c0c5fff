/**
 * From a command to the vault's store, where a vault is made first if there is none.
 *
 * @module
 */
import type { KeyProviders } from "../vault/keys/key_source.ts";
import type { Store } from "../vault/store.ts";
import type { CliContext } from "./context.ts";
import { passphraseFlags, type UnlockFlags } from "./flags.ts";
import { openExisting, withProviders } from "./session.ts";

/** The store of the vault, which is made first if there is none. The caller closes it. */
export async function openOrInit(context: CliContext, providers: KeyProviders): Promise<Store> {
  const existing = await openExisting(context);
  if (existing !== undefined) return existing;
  const { makeDefaultVault } = await import("./make_vault.ts");
  return await makeDefaultVault(context, providers);
}

/** Runs `work` with the store of the vault, which is made first if there is none, and closes it. */
export function withStore<T>(
  context: CliContext,
  flags: UnlockFlags,
  work: (store: Store, providers: KeyProviders) => Promise<T>,
): Promise<T> {
  return withProviders(context, passphraseFlags(flags), async (providers) => {
    const store = await openOrInit(context, providers);
    try {
      return await work(store, providers);
    } finally {
      await store.close();
    }
  });
}
