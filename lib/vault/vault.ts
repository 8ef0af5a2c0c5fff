/**
 * The vault: the one class through which secrets are kept and used.
 *
 * @module
 */
import type { AuditQuery, AuditRow } from "./audit.ts";
import {
  attachGroup,
  deleteSecret,
  detachGroup,
  rotateSecret,
  type SecretChanges,
  updateSecret,
} from "./change_secret.ts";
import { closableStore } from "./closable_store.ts";
import { initVault } from "./init_vault.ts";
import type { ProvidedKey } from "./key_provider.ts";
import {
  CALLER_SETTINGS,
  callerKey,
  type KekKeeper,
  type KeyProviders,
  type KeySource,
  providedKey,
} from "./key_source.ts";
import { createSecrets, type NewSecret } from "./new_secret.ts";
import { type DamagedSecret, listSecrets, type ShownSecret, showSecret } from "./read_secrets.ts";
import { builtInRegistry, type Registry } from "./registry.ts";
import { rotateMaster, type RotationResult, type StepListener } from "./rotate_master.ts";
import { GLOBAL, type Group, type Scope, type UseContext } from "./scope.ts";
import type { SecretMetadata } from "./secret.ts";
import type { Store } from "./store.ts";
import { checkText } from "./text.ts";
import { transact, type VaultState } from "./transaction.ts";
import { readRow, unlock } from "./unlock.ts";
import { type SecretUser, useSecret } from "./use_secret.ts";
import type { ProviderSettings } from "./vault_row.ts";
import { type AuditVerification, verifyAudit, type VerifyOptions } from "./verify_audit.ts";

/** What every vault is made or opened with. */
export interface VaultOptions {
  /** Where the vault is kept. `close` closes it. */
  readonly store: Store;
  /** Which names pin a secret to a provider. Default: the built-in registry. */
  readonly registry?: Registry | undefined;
  /** The clock. Milliseconds since 1970-01-01 UTC. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Who acts, for the audit. Default: `library`. */
  readonly actor?: string | undefined;
}

/** A key that the caller keeps: 32 bytes, copied. */
export interface CallerKeyOptions {
  /** The KEK: 32 bytes. */
  readonly kek: Uint8Array;
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
}

/** A key that one of the key providers has just created. */
export interface ProvidedKeyOptions extends ProviderKeyOptions {
  /** What the provider's `create` gave. The caller wipes it. */
  readonly key: ProvidedKey;
}

/** Addresses a secret by name in a scope other than global. */
export interface RefOptions {
  /** Where a name or alias is looked up. Default: global. */
  readonly scope?: Scope | undefined;
}

/** A vault's own description. */
export interface VaultInfo {
  /** Random UUID, for life. */
  readonly vaultId: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly createdAtMs: number;
  /** The settings of the key provider; nothing secret. */
  readonly provider: ProviderSettings;
  /** Commits to the KEK: 32 hexadecimal digits. */
  readonly kekId: string;
  /** How many secrets there are. */
  readonly secrets: number;
  /** The seq of the newest audit event. */
  readonly auditSeq: number;
}

/**
 * An encrypted store of secrets. Values go in and do not come out, but for
 * {@linkcode Vault.use}, which lends one to a function.
 *
 * Every method that needs the key can fail with `LOCKED`, `WRONG_KEY`, `KEY_STALE`, `KEY_MISSING`,
 * `KEY_UNUSABLE` or `KEY_UNAVAILABLE`; every method that writes with `BUSY` or `DISK`.
 *
 * @example
 * ```ts
 * import { MemoryStore, Vault } from "@aivault/cli";
 * import assert from "node:assert/strict";
 *
 * const kek = crypto.getRandomValues(new Uint8Array(32));
 * const vault = await Vault.init({ store: new MemoryStore(), kek });
 * await vault.create({ name: "OPENAI_API_KEY", value: new TextEncoder().encode("sk-1") });
 * const length = await vault.use("OPENAI_API_KEY", {}, (value) => value.length);
 * assert.equal(length, 4);
 * await vault.close();
 * ```
 */
export class Vault {
  readonly #state: VaultState;
  readonly #providers: KeyProviders | undefined;

  private constructor(state: VaultState, providers: KeyProviders | undefined) {
    this.#state = state;
    this.#providers = providers;
  }

  /**
   * Makes a vault in an empty store and opens it.
   *
   * @param options With `kek` the caller keeps the key; with `key` a key provider made it.
   * @throws {VaultError} `ALREADY_EXISTS` if the store holds a vault.
   * @throws {RangeError} if the key has not 32 bytes.
   */
  static async init(
    options: VaultOptions & (CallerKeyOptions | ProvidedKeyOptions),
  ): Promise<Vault> {
    const key = "key" in options ? options.key : { settings: CALLER_SETTINGS, kek: options.kek };
    const state = stateOf(options, callerKey(key.kek));
    await initVault(state, key);
    return new Vault(state, "key" in options ? options.providers : undefined);
  }

  /**
   * Opens a vault and checks its key. A rotation that a dead process left behind is finished or discarded.
   *
   * @throws {VaultError} `NOT_FOUND` if the store holds no vault, and what the key reports.
   */
  static async open(
    options: VaultOptions & (CallerKeyOptions | KeptKeyOptions),
  ): Promise<Vault> {
    const providers = "providers" in options ? options.providers : undefined;
    const keys = "providers" in options
      ? providedKey(options.providers, options.keeper)
      : callerKey(options.kek);
    const state = stateOf(options, keys);
    try {
      await unlock(state, providers);
    } catch (error) {
      keys.close();
      throw error;
    }
    return new Vault(state, providers);
  }

  /** Creates a secret: its value is sealed under a new DEK. */
  async create(secret: NewSecret): Promise<SecretMetadata> {
    const [created] = await createSecrets(this.#state, [secret]);
    if (created === undefined) throw new RangeError("no secret was created");
    return created;
  }

  /** Creates all of `secrets` in one transaction, or none. */
  import(secrets: Iterable<NewSecret> | AsyncIterable<NewSecret>): Promise<SecretMetadata[]> {
    return createSecrets(this.#state, secrets, "import");
  }

  /** All secrets, in the order of their ids, as stored. A record that cannot be read is yielded as damaged. */
  list(options: RefOptions = {}): AsyncGenerator<SecretMetadata | DamagedSecret> {
    return listSecrets(this.#state, options.scope);
  }

  /** One secret's metadata, authenticated, and when it was last used. */
  show(ref: string, options: RefOptions = {}): Promise<ShownSecret> {
    return showSecret(this.#state, ref, options.scope ?? GLOBAL);
  }

  /** Changes name, aliases or expiry. */
  update(ref: string, changes: SecretChanges, options: RefOptions = {}): Promise<SecretMetadata> {
    return updateSecret(this.#state, ref, options.scope ?? GLOBAL, changes);
  }

  /** Gives a secret a new value under a new DEK. The caller wipes `value`. */
  rotate(ref: string, value: Uint8Array, options: RefOptions = {}): Promise<SecretMetadata> {
    return rotateSecret(this.#state, ref, options.scope ?? GLOBAL, value);
  }

  /** Removes a secret; its names are free again. By id it removes a damaged record too. */
  delete(ref: string, options: RefOptions = {}): Promise<{ id: string }> {
    return deleteSecret(this.#state, ref, options.scope ?? GLOBAL);
  }

  /** Lets a group use a secret. */
  attachGroup(ref: string, group: Group, options: RefOptions = {}): Promise<SecretMetadata> {
    return attachGroup(this.#state, ref, options.scope ?? GLOBAL, group);
  }

  /** Takes a group's attachment away. */
  detachGroup(ref: string, group: Group, options: RefOptions = {}): Promise<SecretMetadata> {
    return detachGroup(this.#state, ref, options.scope ?? GLOBAL, group);
  }

  /**
   * Lends a secret's value to `user`, if it may be used in `context`. The use is on record before the
   * value is lent; the bytes are wiped when `user` is done.
   *
   * @param ref An id, `vault:secret:<id>`, or a name or alias: the first match in the order
   * group, attached, workspace, global that the context allows.
   * @throws {VaultError} `NOT_FOUND`, `ACCESS_DENIED` (on record too), `INTEGRITY`.
   */
  use<T>(ref: string, context: UseContext, user: SecretUser<T>): Promise<T> {
    return useSecret(this.#state, ref, context, user);
  }

  /**
   * Wraps every DEK by a new KEK, in one transaction; values are untouched.
   *
   * @param next The new key and the settings of its provider. The caller wipes the key.
   * @throws {VaultError} `INVALID_INPUT` if the vault had this key before, `INTEGRITY` if a
   * record is damaged; nothing has changed then.
   */
  rotateMaster(next: ProvidedKey, onStep?: StepListener): Promise<RotationResult> {
    return rotateMaster(this.#state, this.#providers, next, onStep);
  }

  /** Audit events, newest first. Default: 100. */
  audit(query: Partial<AuditQuery> = {}): Promise<AuditRow[]> {
    return this.#state.store.read((reader) => reader.audit({ limit: 100, ...query }));
  }

  /**
   * Verifies every event against the chain and every secret against the events, in bounded memory.
   *
   * @param options With `head`, also that the vault goes on from what was noted earlier.
   * @throws {VaultError} `INTEGRITY` if the vault's own row was edited, `INVALID_INPUT` for a malformed head.
   *
   * @example
   * ```ts
   * import { auditHead, MemoryStore, Vault } from "@aivault/cli";
   * import assert from "node:assert/strict";
   *
   * const store = new MemoryStore();
   * const vault = await Vault.init({ store, kek: crypto.getRandomValues(new Uint8Array(32)) });
   * await vault.create({ name: "TOKEN", value: new TextEncoder().encode("s3cret") });
   * const head = await auditHead(store);
   * await vault.delete("TOKEN");
   * const { isIntact, findings } = await vault.verify({ head });
   * assert.ok(isIntact);
   * assert.deepEqual(findings, []);
   * ```
   */
  verify(options: VerifyOptions = {}): Promise<AuditVerification> {
    return verifyAudit(this.#state, options);
  }

  /** Records that the vault was unlocked or locked by a person. */
  async recordLock(kind: "vault.unlock" | "vault.lock"): Promise<void> {
    await transact(this.#state, (transaction) => transaction.record({ kind }));
  }

  /** The vault's own description. */
  async info(): Promise<VaultInfo> {
    return await vaultInfo(this.#state.store);
  }

  /** Wipes the key and closes the store. From then on every method fails with `LOCKED`. */
  async close(): Promise<void> {
    this.#state.keys.close();
    await this.#state.store.close();
  }
}

/**
 * The description of the vault in `store`, which needs no key.
 *
 * @throws {VaultError} `NOT_FOUND` without a vault.
 */
export async function vaultInfo(store: Store): Promise<VaultInfo> {
  const { vaultId, createdAtMs, provider, kekId, auditSeq } = await readRow(store);
  const secrets = await store.read((reader) => reader.countSecrets());
  return { vaultId, createdAtMs, provider, kekId, secrets, auditSeq };
}

function stateOf(options: VaultOptions, keys: KeySource): VaultState {
  const { registry = builtInRegistry, now = Date.now } = options;
  const store = closableStore(options.store);
  const actor = checkText(options.actor ?? "library", "actor", "open the vault");
  return { store, keys, registry, now, actor };
}
