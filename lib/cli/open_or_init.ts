/**
 * The vault's store, where a vault is made first if there is none.
 *
 * @module
 */
import type { KeyProviders } from "../vault/key_source.ts";
import type { Store } from "../vault/store.ts";
import type { CliContext } from "./context.ts";
import { openExisting } from "./session.ts";

/** The store of the vault, which is made first if there is none. The caller closes it. */
export async function openOrInit(context: CliContext, providers: KeyProviders): Promise<Store> {
  const existing = await openExisting(context);
  if (existing !== undefined) return existing;
  const { makeDefaultVault } = await import("./make_vault.ts");
  return await makeDefaultVault(context, providers);
}
