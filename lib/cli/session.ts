/**
 * From a command to the vault's store and its key.
 *
 * @module
 */
import {
  hasLock,
  type KekKeeper,
  type KeyProviders,
  providedKey,
} from "../vault/keys/key_source.ts";
import type { Store } from "../vault/store.ts";
import { unlock } from "../vault/keys/unlock.ts";
import { vaultInfo } from "../vault/vault_info.ts";
import type { CliContext } from "./context.ts";
import { type PassphraseFlags, passphrases } from "./inputs.ts";

/** Who the audit says acted. */
export const ACTOR = "cli";

/** Runs `work` with the vault's key providers, and wipes the passphrases afterwards. */
export async function withProviders<T>(
  context: CliContext,
  flags: PassphraseFlags,
  work: (providers: KeyProviders) => Promise<T>,
): Promise<T> {
  const { source, wipe: wipePassphrases } = passphrases(context, flags);
  try {
    return await work(await context.keyProviders(source));
  } finally {
    wipePassphrases();
  }
}

/**
 * {@linkcode checkKey} for a command that needs no key: a passphrase is not asked for, but a key that is at hand and
 * does not fit is reported.
 */
export async function checkKeyAtHand(store: Store, providers: KeyProviders): Promise<void> {
  const { provider } = await vaultInfo(store);
  if (!hasLock(providers, provider.type)) await checkKey(store, providers);
}

/** Makes sure that the key of the vault in `store` is at hand, as opening the vault does, and lets go of it. */
export async function checkKey(
  store: Store,
  providers: KeyProviders,
  keeper?: KekKeeper,
): Promise<void> {
  const keys = providedKey(providers, keeper);
  try {
    await unlock({ store, keys, now: Date.now, actor: ACTOR }, providers);
  } finally {
    keys.close();
  }
}

/** The store, if it holds a vault. The caller closes it. */
export async function openExisting(context: CliContext): Promise<Store | undefined> {
  if (!await context.place.hasDatabase()) return undefined;
  const store = await context.place.openStore({ create: false });
  try {
    if (await store.read((reader) => reader.vault()) !== undefined) return store;
  } catch (error) {
    await store.close();
    throw error;
  }
  await store.close();
  return undefined;
}

/** Whether there is a vault. */
export async function hasVault(context: CliContext): Promise<boolean> {
  const store = await openExisting(context);
  await store?.close();
  return store !== undefined;
}
