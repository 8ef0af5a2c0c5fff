/**
 * What the vault asks of the place where its key is kept.
 *
 * The vault knows key providers through this interface alone. Every provider passes the
 * contract suite in `tests/contract/key_provider.ts`. A provider never falls back to another and
 * never overwrites a key that it cannot read.
 *
 * @module
 */
import type { ProviderSettings } from "../vault_row.ts";

/** One option of `init` that a provider understands. */
export interface KeyOption {
  /** The option's name, as a long flag without its dashes: `keychain-service`. */
  readonly name: string;
  /** What stands for its value in help: `<name>`. */
  readonly value: string;
  /** One line of help. */
  readonly description: string;
}

/** The options given, by the names of {@linkcode KeyProvider.options}. */
export type KeyOptions = Readonly<Record<string, string | undefined>>;

/** A key and the settings that give it again. Whoever receives it wipes the key. */
export interface ProvidedKey {
  /** What to store. */
  readonly settings: ProviderSettings;
  /** 32 bytes. */
  readonly kek: Uint8Array;
}

/** A key made or adopted for a new vault. */
export interface CreatedKey extends ProvidedKey {
  /** Whether the key was there already. */
  readonly adopted: boolean;
}

/** What a rotation asks for. */
export interface NextKeyRequest {
  /** The new key, 32 bytes; without it the provider makes one if it can. */
  readonly newKey?: Uint8Array | undefined;
}

/**
 * Keeps or derives a KEK.
 *
 * Errors common to all: `KEY_MISSING` (nothing there), `KEY_UNUSABLE` (something there that is
 * not a key, or that others can read), `KEY_UNAVAILABLE` (the place cannot be reached or refuses), `LOCKED` (a
 * passphrase is needed and none was given), `INVALID_INPUT` (an option or a stored setting is out
 * of bounds), `DISK`.
 */
export interface KeyProvider {
  /** Names the provider in settings and flags. */
  readonly type: string;
  /** Whether {@linkcode KeyProvider.load} needs a passphrase, from a person or a file. */
  readonly needsPassphrase: boolean;
  /** Whether a lost key may be made anew while the vault has no secrets. */
  readonly selfHeals: boolean;
  /** The options that {@linkcode KeyProvider.create} understands. */
  readonly options: readonly KeyOption[];

  /**
   * Makes the key of a new vault, or adopts the one that is there.
   *
   * @throws {VaultError} `INVALID_INPUT` for an option that it does not understand.
   */
  create(options: KeyOptions): Promise<CreatedKey>;
  /** The key that `settings` stand for. The caller wipes it. */
  load(settings: ProviderSettings): Promise<Uint8Array>;
  /**
   * Thinks of the key after this one, changing nothing. The caller wipes it.
   *
   * @throws {RangeError} if the requested key has not 32 bytes.
   */
  next(settings: ProviderSettings, request: NextKeyRequest): Promise<ProvidedKey>;
  /**
   * Keeps a new key, 32 bytes, durably beside the present one, replacing an earlier staged one. The key is taken when this
   * is called.
   */
  stage(settings: ProviderSettings, kek: Uint8Array): Promise<void>;
  /** The staged key; `undefined` if there is none. The caller wipes it. */
  loadStaged(settings: ProviderSettings): Promise<Uint8Array | undefined>;
  /** Puts the staged key in the place of the present one. Without a staged key it does nothing. */
  commit(settings: ProviderSettings): Promise<void>;
  /** Removes the staged key. Without one it does nothing. */
  discard(settings: ProviderSettings): Promise<void>;
  /** Removes the key, when the vault has moved to another provider. */
  retire(settings: ProviderSettings): Promise<void>;
  /** Where the key is, for people: `file /home/me/.aivault/keys/kek.key`. */
  describe(settings: ProviderSettings): string;
  /** What a person has to do after the key was rotated; `undefined` for nothing. */
  afterRotation?(settings: ProviderSettings): string;
}

/** Why a passphrase is asked for: a new one is asked for twice. */
export type PassphrasePurpose = "unlock" | "new";

/**
 * Gives a passphrase as UTF-8 bytes, which the caller wipes.
 *
 * @throws {VaultError} `LOCKED` if there is nowhere to get one from.
 */
export type PassphraseSource = (purpose: PassphrasePurpose) => Promise<Uint8Array>;
