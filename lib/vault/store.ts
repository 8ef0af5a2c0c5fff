/**
 * What the vault asks of the place where it is kept.
 *
 * A store keeps rows and promises transactions. It knows no keys and checks no content: what
 * it hands back is parsed and authenticated by the vault. Every store passes the contract
 * suite in `tests/contract/store.ts`.
 *
 * @module
 */
import type { AuditQuery, AuditRow } from "./audit/audit.ts";
import type { Scope } from "./secrets/scope.ts";
import type { SecretRecord, SecretRow } from "./secrets/secret.ts";

/** The one row that describes the vault; FORMAT.md says what is in it. */
export type StoredVault = Readonly<Record<string, unknown>>;

/** A place in the order of {@linkcode StoreReader.states}: secret ids as UTF-8, then seq. */
export type StatePlace = Pick<AuditRow, "secretId" | "seq">;

/** Which audit rows to remove, by their seq. */
export interface AuditRange {
  /** The first, which may be -Infinity. */
  readonly from: number;
  /** The last. */
  readonly through: number;
  /** Those between that stay. Default: none. */
  readonly except?: readonly number[] | undefined;
}

/** What may be read in a transaction: one consistent state of the store. */
export interface StoreReader {
  /** The vault's own row; `undefined` while there is no vault. */
  vault(): Promise<StoredVault | undefined>;
  /** The secret of this id, in O(log n). */
  secret(id: string): Promise<SecretRow | undefined>;
  /** The sealed value of this id, in O(log n). */
  sealedValue(id: string): Promise<Uint8Array | undefined>;
  /** The id that bears `name` as name or alias in `scope`, in O(log n). */
  findByName(scope: Scope, name: string): Promise<string | undefined>;
  /** The ids attached to the group that bear `name` as name or alias, sorted. */
  findAttached(workspaceId: string, groupId: string, name: string): Promise<string[]>;
  /** Up to `limit` secrets, in the order of their ids: those above `after`, or the first ones. */
  secrets(after: string | undefined, limit: number): Promise<SecretRow[]>;
  /** How many secrets there are. */
  countSecrets(): Promise<number>;
  /** How many names, attached groups and sealed values there are in all, whether or not they belong to a secret. */
  countParts(): Promise<number>;
  /** Audit rows, newest first. */
  audit(query: AuditQuery): Promise<AuditRow[]>;
  /** The newest audit row of this secret and kind; `undefined` if there is none. */
  lastAudit(secretId: string, kind: string): Promise<AuditRow | undefined>;
  /** The newest audit row of this secret that has a `stateDigest`; the newest rows are looked at first. */
  lastState(secretId: string): Promise<AuditRow | undefined>;
  /** Up to `limit` audit rows, in the order of their seq: those above `seq`, which may be -Infinity. */
  auditAfter(seq: number, limit: number): Promise<AuditRow[]>;
  /**
   * Up to `limit` audit rows of secrets that have a `stateDigest`, by secret id and seq: those above `after`, or the
   * first.
   */
  states(after: StatePlace | undefined, limit: number): Promise<AuditRow[]>;
  /** The newest audit row of one of these kinds; `undefined` if there is none. */
  newestAudit(kinds: readonly string[]): Promise<AuditRow | undefined>;
}

/** What may be changed in a transaction. */
export interface StoreWriter extends StoreReader {
  /** Writes the vault's row. */
  putVault(vault: StoredVault): Promise<void>;
  /**
   * Adds a secret with its names, attached groups and sealed value.
   *
   * @throws {VaultError} `ALREADY_EXISTS` if a name or alias is taken in the scope.
   */
  insertSecret(record: SecretRecord, sealedValue: Uint8Array): Promise<void>;
  /**
   * Replaces a secret's row, names and attached groups, and the sealed value if one is given. The id
   * exists; id and scope stay.
   *
   * @throws {VaultError} `ALREADY_EXISTS` if a name or alias is taken in the scope.
   */
  updateSecret(record: SecretRecord, sealedValue?: Uint8Array): Promise<void>;
  /** Replaces the wrapped DEK alone. */
  rewrapSecret(id: string, kekId: string, wrappedDek: Uint8Array): Promise<void>;
  /** Removes a secret with everything that belongs to it. */
  deleteSecret(id: string): Promise<void>;
  /** Adds an audit row; its `seq` is one above the last. */
  appendAudit(row: AuditRow): Promise<void>;
  /** Removes audit rows; gives how many. */
  removeAudit(range: AuditRange): Promise<number>;
}

/** How to wait for other writers. */
export interface WriteOptions {
  /** Fail with `BUSY` at once instead of waiting for who writes through another store, here or in another process. Default: false. */
  readonly noWait?: boolean | undefined;
}

/** A place where a vault is kept. What it is asked after `close` may fail with `LOCKED`. */
export interface Store {
  /** Runs `work` on one consistent state, once. `work` must not wait for this store, nor keep what it is given. */
  read<T>(work: (reader: StoreReader) => Promise<T>): Promise<T>;
  /**
   * Runs `work`, once, with no other writer beside it, in this process or another; as in `read`, it must not wait for
   * this store. Everything that it changed is durable when the promise resolves; nothing is changed if it rejects. What
   * `work` fails with is passed on as it is.
   *
   * @throws {VaultError} `BUSY` if another writer holds the store for too long, `DISK` if it
   * cannot be written, `INTEGRITY` if the store itself is damaged.
   */
  write<T>(work: (writer: StoreWriter) => Promise<T>, options?: WriteOptions): Promise<T>;
  /** Releases what the store holds. */
  close(): Promise<void>;
}
