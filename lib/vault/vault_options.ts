/**
 * What a vault is made, opened and asked with.
 *
 * @module
 */
import type { ProvidedKey } from "./keys/key_provider.ts";
import type { KekKeeper, KeyProviders } from "./keys/key_source.ts";
import type { Registry } from "./registry.ts";
import { GLOBAL, type Scope } from "./secrets/scope.ts";
import type { Store } from "./store.ts";

/** What every vault is made or opened with. */
export interface VaultOptions {
  /** Where the vault is kept. `close` closes it; while no vault was made or opened, that is the caller's to do. */
  readonly store: Store;
  /** Which names pin a secret to a provider. Default: the built-in registry. */
  readonly registry?: Registry | undefined;
  /** The clock. Milliseconds since 1970-01-01 UTC. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Who acts, for the audit: 1 to 255 characters, without control characters. Default: `library`. */
  readonly actor?: string | undefined;
}

/** A key that the caller keeps. */
export interface CallerKeyOptions {
  /** The KEK: 32 bytes, copied when the vault is asked. The caller wipes it, then or later. */
  readonly kek: Uint8Array;
  /** Only with the other kind of key. */
  readonly key?: undefined;
  /** Only with the other kind of key. */
  readonly providers?: undefined;
  /** Only with the other kind of key. */
  readonly keeper?: undefined;
}

/** Key providers to choose from by the vault's settings. */
export interface ProviderKeyOptions {
  /** The key providers that this program knows, by type. */
  readonly providers: KeyProviders;
}

/** Key providers, and where a key may be held already. */
export interface KeptKeyOptions extends ProviderKeyOptions {
  /** Where a key that needs a passphrase is looked for before it is asked for. Default: nowhere. */
  readonly keeper?: KekKeeper | undefined;
  /** Only with the other kind of key. */
  readonly kek?: undefined;
}

/** A key that one of the key providers has just created. */
export interface ProvidedKeyOptions extends ProviderKeyOptions {
  /** What the provider's `create` gave, copied when the vault is asked. The caller wipes the key, then or later. */
  readonly key: ProvidedKey;
  /** Only with the other kind of key. */
  readonly kek?: undefined;
}

/** Addresses a secret by name in a scope other than global. */
export interface RefOptions {
  /** Where a name or alias is looked up. Default: global. */
  readonly scope?: Scope | undefined;
}

/** The scope that `options` name. */
export function scopeOf({ scope = GLOBAL }: RefOptions): Scope {
  return scope;
}
