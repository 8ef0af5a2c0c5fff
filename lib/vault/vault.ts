/**
 * The vault: the one class through which secrets are kept and used.
 *
 * @module
 */
import type { AuditRow } from "./audit/audit.ts";
import { type BackupTarget, createBackup } from "./backup.ts";
import type { BackupManifest } from "./backup_manifest.ts";
import { begin, keysOf, stateOf } from "./begin.ts";
import {
  attachGroup,
  deleteSecret,
  detachGroup,
  rotateSecret,
  type SecretChanges,
  updateSecret,
} from "./secrets/change_secret.ts";
import { vaultClosed } from "./closable_store.ts";
import { initVault } from "./init_vault.ts";
import type { ProvidedKey } from "./keys/key_provider.ts";
import { CALLER_SETTINGS, callerKey, type KeyProviders, providedKey } from "./keys/key_source.ts";
import { createSecret, importSecrets, type NewSecret } from "./secrets/new_secret.ts";
import { pruneAudit, type PruneResult } from "./audit/prune_audit.ts";
import { type AuditOptions, readAudit } from "./audit/read_audit.ts";
import {
  type DamagedSecret,
  listSecrets,
  type ShownSecret,
  showSecret,
} from "./secrets/read_secrets.ts";
import {
  createRecoveryKey,
  recover,
  type RecoverOptions,
  type RecoveryKeyOptions,
  type RecoveryKeyReader,
  revokeRecoveryKey,
} from "./keys/recovery_key.ts";
import { recordLock } from "./audit/record_lock.ts";
import { rotateMaster, type RotationResult, type StepListener } from "./keys/rotate_master.ts";
import type { Group, UseContext } from "./secrets/scope.ts";
import type { SecretMetadata } from "./secrets/secret.ts";
import type { VaultState } from "./transaction.ts";
import { unlock } from "./keys/unlock.ts";
import { type SecretUser, useSecret } from "./secrets/use_secret.ts";
import { type VaultInfo, vaultInfo } from "./vault_info.ts";
import {
  type CallerKeyOptions,
  type KeptKeyOptions,
  type ProvidedKeyOptions,
  type RefOptions,
  scopeOf,
  type VaultOptions,
} from "./vault_options.ts";
import { type AuditVerification, verifyAudit, type VerifyOptions } from "./audit/verify_audit.ts";

/**
 * An encrypted store of secrets. Values go in and do not come out; {@linkcode Vault.use} lends one to a function.
 *
 * What a method is given is taken when it is called, bytes as a copy: the caller may change or wipe its own at once.
 * A method that needs the key can fail with `LOCKED`, `WRONG_KEY`, `KEY_STALE`, `KEY_MISSING`, `KEY_UNUSABLE` or
 * `KEY_UNAVAILABLE`; one that names a secret with `NOT_FOUND`, one that gives it a name with `ALREADY_EXISTS`; one that
 * writes with `BUSY` or `DISK`; any with `INVALID_INPUT` for what is out of the documented bounds, and `INTEGRITY`.
 *
 * @example
 * ```ts
 * import { MemoryStore, Vault } from "@aivault/cli";
 * import assert from "node:assert/strict";
 *
 * const kek = crypto.getRandomValues(new Uint8Array(32));
 * const vault = await Vault.init({ store: new MemoryStore(), kek });
 * await vault.create({ name: "OPENAI_API_KEY", value: new TextEncoder().encode("sk-1") });
 * assert.equal(await vault.use("OPENAI_API_KEY", {}, (value) => value.length), 4);
 * await vault.close();
 * ```
 */
export class Vault {
  readonly #state: VaultState;
  readonly #providers: KeyProviders | undefined;
  #isClosed = false;

  private constructor(state: VaultState, providers: KeyProviders | undefined) {
    this.#state = state;
    this.#providers = providers;
  }

  /**
   * Makes a vault in an empty store and opens it.
   *
   * @param options With `kek` the caller keeps the key; with `key` a key provider made it.
   * @throws {VaultError} `ALREADY_EXISTS` if the store holds a vault, `INTEGRITY` if it holds what is left of one,
   * `UNSUPPORTED` if the key's provider is not there.
   * @throws {RangeError} if the key has not 32 bytes.
   */
  static async init(
    options: VaultOptions & (CallerKeyOptions | ProvidedKeyOptions),
  ): Promise<Vault> {
    const { providers } = options;
    const key = options.key ?? { settings: CALLER_SETTINGS, kek: options.kek };
    const keys = providers === undefined ? callerKey(key.kek) : providedKey(providers);
    const first = (state: VaultState) => initVault(state, key, providers);
    return new Vault(await begin(options, keys, first), providers);
  }

  /**
   * Opens a vault and checks its key. A rotation that a dead process left behind is finished or discarded.
   *
   * @throws {VaultError} `NOT_FOUND` if the store holds no vault, `UNSUPPORTED` if a newer program made it or its key
   * provider is not there, `INTEGRITY` if its own row was changed, and what the key reports.
   * @throws {RangeError} if the key has not 32 bytes.
   */
  static async open(options: VaultOptions & (CallerKeyOptions | KeptKeyOptions)): Promise<Vault> {
    const { providers } = options;
    const first = (state: VaultState) => unlock(state, providers);
    return new Vault(await begin(options, keysOf(options), first), providers);
  }

  /**
   * Opens a vault whose key is lost by its recovery key, and rotates the master key to a new one.
   *
   * @throws {VaultError} `INVALID_INPUT` if a group of the recovery key was mistyped, `NOT_FOUND` if the
   * vault has none, `WRONG_KEY` (on record too) if it is another one, `INTEGRITY` if what is stored was changed.
   */
  static async recover(options: VaultOptions & RecoverOptions): Promise<Vault> {
    const { providers } = options;
    return new Vault(await recover(stateOf(options), options), providers);
  }

  // What operations work with, until the vault is closed.
  get #open(): VaultState {
    if (!this.#isClosed) return this.#state;
    throw vaultClosed();
  }

  /** Creates a secret: its value is sealed under a new DEK. */
  async create(secret: NewSecret): Promise<SecretMetadata> {
    return await createSecret(this.#open, secret);
  }

  /**
   * Creates all of `secrets` in one transaction, or none. Each is asked for, and taken, within it: other writers wait as
   * long as they take, and asking this vault for something meanwhile would wait for ever.
   *
   * @throws {VaultError} `ALREADY_EXISTS` if a name is taken, `INVALID_INPUT` if two of them share one.
   */
  async import(secrets: Iterable<NewSecret> | AsyncIterable<NewSecret>): Promise<SecretMetadata[]> {
    return await importSecrets(this.#open, secrets);
  }

  /** All secrets, in the order of their ids, as stored. A record that cannot be read is yielded as damaged. */
  list(options: RefOptions = {}): AsyncGenerator<SecretMetadata | DamagedSecret> {
    return listSecrets(this.#state, options.scope);
  }

  /** One secret's metadata, authenticated, and when it was last used. */
  async show(ref: string, options: RefOptions = {}): Promise<ShownSecret> {
    return await showSecret(this.#open, ref, scopeOf(options));
  }

  /** Changes name, aliases or expiry. */
  async update(
    ref: string,
    changes: SecretChanges,
    options: RefOptions = {},
  ): Promise<SecretMetadata> {
    return await updateSecret(this.#open, ref, scopeOf(options), changes);
  }

  /** Gives a secret a new value under a new DEK. The caller wipes `value`, of which a copy is taken at once. */
  async rotate(ref: string, value: Uint8Array, options: RefOptions = {}): Promise<SecretMetadata> {
    return await rotateSecret(this.#open, ref, scopeOf(options), value);
  }

  /** Removes a secret; its names are free again. By id it removes a damaged record too. */
  async delete(ref: string, options: RefOptions = {}): Promise<{ id: string }> {
    return await deleteSecret(this.#open, ref, scopeOf(options));
  }

  /** Lets a group use a secret: of any workspace if the secret is global, else of its own. */
  async attachGroup(ref: string, group: Group, options: RefOptions = {}): Promise<SecretMetadata> {
    return await attachGroup(this.#open, ref, scopeOf(options), group);
  }

  /** Takes a group's attachment away. */
  async detachGroup(ref: string, group: Group, options: RefOptions = {}): Promise<SecretMetadata> {
    return await detachGroup(this.#open, ref, scopeOf(options), group);
  }

  /**
   * Lends a secret's value to `user`, if it may be used in `context`. The use is on record before the
   * value is lent; the bytes are wiped when `user` is done.
   *
   * @param ref An id, `vault:secret:<id>`, or a name or alias: the first match in group, attached, workspace, global.
   * @throws {VaultError} `NOT_FOUND`, `ACCESS_DENIED` (on record too), `INTEGRITY`, `INVALID_INPUT` if several secrets
   * that are attached to the group bear the name.
   */
  async use<T>(ref: string, context: UseContext, user: SecretUser<T>): Promise<T> {
    return await useSecret(this.#open, ref, context, user);
  }

  /**
   * Wraps every DEK by a new KEK, in one transaction; values are untouched.
   *
   * @param next The new key and the settings of its provider: `{ type: "caller" }` if the caller keeps the key.
   * @throws {VaultError} `INVALID_INPUT` if the vault had this key before, `INTEGRITY` if a record is damaged,
   * `UNSUPPORTED` if the key's provider is not there; nothing has changed then.
   * @throws {RangeError} if the key has not 32 bytes.
   */
  async rotateMaster(next: ProvidedKey, onStep?: StepListener): Promise<RotationResult> {
    return await rotateMaster(this.#open, this.#providers, next, onStep);
  }

  /**
   * Makes a recovery key, a second way to the KEK, and lends it to `reader`; it is shown this once. Every rotation of
   * the master key keeps it working.
   *
   * @throws {VaultError} `ALREADY_EXISTS` if there is one and it is not to be replaced.
   * @throws {RangeError} if the caller keeps the KEK and does not give it, or what it gives has not 32 bytes.
   */
  async createRecoveryKey(
    reader: RecoveryKeyReader,
    options: RecoveryKeyOptions = {},
  ): Promise<void> {
    return await createRecoveryKey(this.#open, this.#providers, reader, options);
  }

  /** Takes the recovery key away; `NOT_FOUND` if there is none. Older copies of the vault still open with it. */
  async revokeRecoveryKey(): Promise<void> {
    return await revokeRecoveryKey(this.#open);
  }

  /**
   * Makes a backup in `target`: a consistent copy, still encrypted, which is on record.
   *
   * @param target Of a vault in SQLite, what `backupFile` of `@aivault/cli/stores/sqlite` gives.
   */
  async createBackup(target: BackupTarget): Promise<BackupManifest> {
    return await createBackup(this.#open, target);
  }

  /** Audit events, newest first, as stored. */
  async audit(options: AuditOptions = {}): Promise<AuditRow[]> {
    return await readAudit(this.#open, options);
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
   * const { isIntact } = await vault.verify({ head });
   * assert.ok(isIntact);
   * await vault.close();
   * ```
   */
  async verify(options: VerifyOptions = {}): Promise<AuditVerification> {
    return await verifyAudit(this.#open, options);
  }

  /**
   * Removes the events from before a time, up to the first that is not. Of each living secret the newest of them
   * stays, and its newest use; of those about recovery keys the newest. What stays is verifiable, and the prune is on
   * record. Other processes may write while the vault is verified.
   *
   * @param beforeMs Whole milliseconds since 1970-01-01 UTC.
   * @throws {VaultError} `INTEGRITY` if the vault does not verify, `INVALID_INPUT` if `beforeMs` is no whole number
   * from 0 on; nothing has changed then.
   */
  async pruneAudit(beforeMs: number): Promise<PruneResult> {
    return await pruneAudit(this.#open, beforeMs);
  }

  /** Records that the vault was unlocked or locked by a person. */
  async recordLock(kind: "vault.unlock" | "vault.lock"): Promise<void> {
    await recordLock(this.#open, kind);
  }

  /** The vault's own description. */
  async info(): Promise<VaultInfo> {
    return await vaultInfo(this.#open.store);
  }

  /** Wipes the key and closes the store. From then on every method fails with `LOCKED`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#state.keys.close();
    await this.#state.store.close();
  }
}
