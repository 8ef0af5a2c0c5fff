/**
 * A store in memory: the reference for every other store, and the one for browsers and tests.
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import type { AuditQuery, AuditRow } from "./audit/audit.ts";
import { Mutex } from "./mutex.ts";
import { sameGroup, type Scope, scopeFields } from "./secrets/scope.ts";
import type { SecretRecord, SecretRow } from "./secrets/secret.ts";
import type {
  AuditRange,
  StatePlace,
  Store,
  StoredVault,
  StoreReader,
  StoreWriter,
} from "./store.ts";
import { compareText } from "./text.ts";

/**
 * Keeps a vault in the memory of this process; it is gone when the process ends.
 *
 * @example
 * ```ts
 * import { MemoryStore, Vault } from "@aivault/cli";
 * import assert from "node:assert/strict";
 *
 * const kek = crypto.getRandomValues(new Uint8Array(32));
 * const vault = await Vault.init({ store: new MemoryStore(), kek });
 * await vault.create({ name: "TOKEN", value: new TextEncoder().encode("s3cret") });
 * assert.equal((await vault.info()).secrets, 1);
 * await vault.close();
 * ```
 */
export class MemoryStore implements Store {
  readonly #mutex = new Mutex();
  readonly #state = new MemoryState();

  /** See {@linkcode Store.read}. */
  read<T>(work: (reader: StoreReader) => Promise<T>): Promise<T> {
    return this.#mutex.run(() => work(this.#state));
  }

  /** See {@linkcode Store.write}. */
  write<T>(work: (writer: StoreWriter) => Promise<T>): Promise<T> {
    return this.#mutex.run(async () => {
      try {
        return await work(this.#state);
      } catch (error) {
        this.#state.rollBack();
        throw error;
      } finally {
        this.#state.end();
      }
    });
  }

  /** Nothing to release. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface Entry {
  readonly record: SecretRecord;
  readonly sealedValue: Uint8Array;
}

// async throughout: the interface promises, this twin has nothing to await
class MemoryState implements StoreWriter {
  #vault: StoredVault | undefined;
  readonly #entries = new Map<string, Entry>();
  readonly #names = new Map<string, string>();
  #audit: AuditRow[] = [];
  /** The rows with a state, sorted, until the audit changes. */
  #states: AuditRow[] | undefined;
  #undo: (() => void)[] = [];

  // What was, an old key of the audit's chain with it, is not kept.
  end(): void {
    this.#undo = [];
  }

  rollBack(): void {
    for (const undo of this.#undo.reverse()) undo();
  }

  async vault(): Promise<StoredVault | undefined> {
    return structuredClone(this.#vault);
  }

  async putVault(vault: StoredVault): Promise<void> {
    const before = this.#vault;
    this.#undo.push(() => this.#vault = before);
    this.#vault = structuredClone(vault);
  }

  async secret(id: string): Promise<SecretRow | undefined> {
    const entry = this.#entries.get(id);
    return entry === undefined ? undefined : toRow(entry.record);
  }

  async sealedValue(id: string): Promise<Uint8Array | undefined> {
    const entry = this.#entries.get(id);
    return entry && new Uint8Array(entry.sealedValue);
  }

  async findByName(scope: Scope, name: string): Promise<string | undefined> {
    return this.#names.get(nameKey(scope, name));
  }

  async findAttached(workspaceId: string, groupId: string, name: string): Promise<string[]> {
    const wanted = { workspaceId, groupId };
    return [...this.#entries.values()]
      .filter(({ record }) => record.name === name || record.aliases.includes(name))
      .filter(({ record }) => record.attachedGroups.some((group) => sameGroup(group, wanted)))
      .map(({ record }) => record.id)
      .sort();
  }

  async secrets(after: string | undefined, limit: number): Promise<SecretRow[]> {
    return [...this.#entries.values()].map(({ record }) => record)
      .filter(({ id }) => after === undefined || id > after)
      .sort((a, b) => a.id < b.id ? -1 : 1).slice(0, limit).map(toRow);
  }

  async countSecrets(): Promise<number> {
    return this.#entries.size;
  }

  async countParts(): Promise<number> {
    let count = this.#names.size;
    for (const { record } of this.#entries.values()) count += 1 + record.attachedGroups.length;
    return count;
  }

  async audit(query: AuditQuery): Promise<AuditRow[]> {
    const { limit, beforeMs = Infinity } = query;
    const rows = this.#audit.filter((row) => row.timeMs < beforeMs).reverse().slice(0, limit);
    return rows.map(copyOfAudit);
  }

  async lastAudit(secretId: string, kind: string): Promise<AuditRow | undefined> {
    const row = this.#audit.findLast((row) => row.secretId === secretId && row.kind === kind);
    return row && copyOfAudit(row);
  }

  async lastState(secretId: string): Promise<AuditRow | undefined> {
    const row = this.#audit.findLast((row) => row.secretId === secretId && row.stateDigest !== "");
    return row && copyOfAudit(row);
  }

  async auditAfter(seq: number, limit: number): Promise<AuditRow[]> {
    const start = this.#firstAbove(seq);
    return this.#audit.slice(start, start + limit).map(copyOfAudit);
  }

  async states(after: StatePlace | undefined, limit: number): Promise<AuditRow[]> {
    this.#states ??= this.#audit.filter((row) => row.secretId !== "" && row.stateDigest !== "")
      .sort(compareStates);
    const start = after === undefined
      ? 0
      : this.#states.findIndex((row) => compareStates(row, after) > 0);
    return start < 0 ? [] : this.#states.slice(start, start + limit).map(copyOfAudit);
  }

  async newestAudit(kinds: readonly string[]): Promise<AuditRow | undefined> {
    const row = this.#audit.findLast(({ kind }) => kinds.includes(kind));
    return row && copyOfAudit(row);
  }

  async insertSecret(record: SecretRecord, sealedValue: Uint8Array): Promise<void> {
    this.#claimNames(record);
    this.#setEntry(record.id, { record, sealedValue });
  }

  async updateSecret(record: SecretRecord, sealedValue?: Uint8Array): Promise<void> {
    const before = this.#existing(record.id);
    this.#releaseNames(before.record);
    this.#claimNames(record);
    this.#setEntry(record.id, { record, sealedValue: sealedValue ?? before.sealedValue });
  }

  async rewrapSecret(id: string, kekId: string, wrappedDek: Uint8Array): Promise<void> {
    const before = this.#existing(id);
    this.#setEntry(id, { ...before, record: { ...before.record, kekId, wrappedDek } });
  }

  async deleteSecret(id: string): Promise<void> {
    this.#releaseNames(this.#existing(id).record);
    this.#setEntry(id, undefined);
  }

  async appendAudit(row: AuditRow): Promise<void> {
    this.#audit.push(copyOfAudit(row));
    this.#states = undefined;
    this.#undo.push(() => {
      this.#audit.pop();
      this.#states = undefined;
    });
  }

  async removeAudit({ from, through, except }: AuditRange): Promise<number> {
    const before = this.#audit;
    const stays = new Set(except);
    this.#audit = before.filter(({ seq }) => seq < from || seq > through || stays.has(seq));
    this.#states = undefined;
    this.#undo.push(() => {
      this.#audit = before;
      this.#states = undefined;
    });
    return before.length - this.#audit.length;
  }

  /** Where the first row above `seq` stands: rows are appended in the order of their seq. */
  #firstAbove(seq: number): number {
    let [low, high] = [0, this.#audit.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#audit[middle]?.seq ?? Infinity) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #existing(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new RangeError("the store holds no such secret");
    return entry;
  }

  #setEntry(id: string, entry: Entry | undefined): void {
    this.#undo.push(putter(this.#entries, id, this.#entries.get(id)));
    putter(this.#entries, id, entry && copyOf(entry))();
  }

  #setName(key: string, id: string | undefined): void {
    this.#undo.push(putter(this.#names, key, this.#names.get(key)));
    putter(this.#names, key, id)();
  }

  #claimNames(record: SecretRecord): void {
    for (const name of [record.name, ...record.aliases]) {
      const key = nameKey(record.scope, name);
      if (this.#names.has(key)) {
        throw new VaultError("ALREADY_EXISTS", "store a secret", "a name or alias is taken");
      }
      this.#setName(key, record.id);
    }
  }

  #releaseNames(record: SecretRecord): void {
    for (const name of [record.name, ...record.aliases]) {
      this.#setName(nameKey(record.scope, name), undefined);
    }
  }
}

function putter<K, V>(map: Map<K, V>, key: K, value: V | undefined): () => void {
  return () => value === undefined ? map.delete(key) : map.set(key, value);
}

// No text that people choose has a control character, so the parts cannot run together.
function nameKey(scope: Scope, name: string): string {
  const { kind, workspaceId, groupId } = scopeFields(scope);
  return [kind, workspaceId, groupId, name].join("\0");
}

// What goes in and out is copied, so that nobody changes what is kept but through a transaction.
function copyOf({ record, sealedValue }: Entry): Entry {
  return { record: copyOfRecord(record), sealedValue: new Uint8Array(sealedValue) };
}

function copyOfRecord(record: SecretRecord): SecretRecord {
  return {
    ...record,
    aliases: [...record.aliases],
    scope: { ...record.scope },
    attachedGroups: record.attachedGroups.map((group) => ({ ...group })),
    wrappedDek: new Uint8Array(record.wrappedDek),
  };
}

function copyOfAudit(row: AuditRow): AuditRow {
  return { ...row, mac: new Uint8Array(row.mac), proof: new Uint8Array(row.proof) };
}

function compareStates(a: StatePlace, b: StatePlace): number {
  return compareText(a.secretId, b.secretId) || a.seq - b.seq;
}

function toRow(record: SecretRecord): SecretRow {
  const { scope, ...rest } = copyOfRecord(record);
  const { kind, workspaceId, groupId } = scopeFields(scope);
  return { ...rest, scopeKind: kind, workspaceId, groupId };
}
