/**
 * The reads and writes of a store as statements of SQLite.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { AuditQuery, AuditRow } from "../../lib/vault/audit/audit.ts";
import { type Scope, scopeFields } from "../../lib/vault/secrets/scope.ts";
import type { SecretRecord, SecretRow } from "../../lib/vault/secrets/secret.ts";
import type { AuditRange, StatePlace, StoredVault, StoreWriter } from "../../lib/vault/store.ts";
import {
  AUDIT_COLUMNS,
  auditValues,
  SECRET_COLUMNS,
  secretValues,
  type SqlRow,
  type SqlValue,
  toAuditRow,
  toSecretRow,
  toVaultRow,
  VAULT_COLUMNS,
  vaultValues,
} from "./sqlite_rows.ts";

// async throughout: the interface promises, node:sqlite is synchronous

const SELECT_SECRET = `select ${SECRET_COLUMNS} from secrets s where s.id = ?`;
const SELECT_FIRST = `select ${SECRET_COLUMNS} from secrets s order by s.id limit ?`;
const SELECT_AFTER = `select ${SECRET_COLUMNS} from secrets s where s.id > ? order by s.id limit ?`;
const SELECT_VAULT = `select ${VAULT_COLUMNS} from vault v`;
const PUT_VAULT = `insert or replace into vault values (${marks(19)})`;
const INSERT_SECRET = `insert into secrets values (${marks(11)})`;
const INSERT_NAME = `insert into secret_names values (${marks(6)})`;
const INSERT_AUDIT = `insert into audit values (${marks(13)})`;
const DELETE_AUDIT = `delete from audit where seq between ? and ?
  and seq not in (select value from json_each(?))`;

const COUNT_PARTS = `select (select count(*) from secret_names)
  + (select count(*) from attached_groups) + (select count(*) from secret_values) as count`;
const SELECT_AUDIT = `select ${AUDIT_COLUMNS} from audit a`;
const SELECT_NEWEST = `${SELECT_AUDIT} where a.time_ms < ? order by a.seq desc limit ?`;
const SELECT_OLDEST = `${SELECT_AUDIT} where a.seq > ? order by a.seq limit ?`;
const OF_A_SECRET = "a.secret_id <> '' and a.state_digest <> ''";
const SELECT_LAST_STATE = `${SELECT_AUDIT} where a.secret_id = ? and ${OF_A_SECRET}
  order by a.seq desc limit 1`;
const SELECT_STATES = `${SELECT_AUDIT} where (a.secret_id, a.seq) > (?, ?) and ${OF_A_SECRET}
  order by a.secret_id, a.seq limit ?`;

/** Reads and writes within the transaction that its store has begun. */
export class SqliteWriter implements StoreWriter {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #failures = new WeakSet<Error>();

  /** Works on a database whose schema is up to date. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async vault(): Promise<StoredVault | undefined> {
    const row = this.#get(SELECT_VAULT);
    return row === undefined ? undefined : toVaultRow(row);
  }

  async putVault(vault: StoredVault): Promise<void> {
    this.#run(PUT_VAULT, ...vaultValues(vault));
  }

  async secret(id: string): Promise<SecretRow | undefined> {
    const row = this.#get(SELECT_SECRET, id);
    return row === undefined ? undefined : toSecretRow(row);
  }

  async sealedValue(id: string): Promise<Uint8Array | undefined> {
    const row = this.#get("select sealed_value from secret_values where secret_id = ?", id);
    return row?.sealed_value instanceof Uint8Array ? row.sealed_value : undefined;
  }

  async findByName(scope: Scope, name: string): Promise<string | undefined> {
    const { kind, workspaceId, groupId } = scopeFields(scope);
    const sql = `select secret_id from secret_names
      where scope_kind = ? and workspace_id = ? and group_id = ? and name = ?`;
    const row = this.#get(sql, kind, workspaceId, groupId, name);
    return row === undefined ? undefined : String(row.secret_id);
  }

  async findAttached(workspaceId: string, groupId: string, name: string): Promise<string[]> {
    const sql =
      `select distinct g.secret_id from attached_groups g join secret_names n on n.secret_id = g.secret_id
      where g.workspace_id = ? and g.group_id = ? and n.name = ? order by g.secret_id`;
    return this.#all(sql, workspaceId, groupId, name).map((row) => String(row.secret_id));
  }

  async secrets(after: string | undefined, limit: number): Promise<SecretRow[]> {
    const rows = after === undefined
      ? this.#all(SELECT_FIRST, limit)
      : this.#all(SELECT_AFTER, after, limit);
    return rows.map(toSecretRow);
  }

  async countSecrets(): Promise<number> {
    return Number(this.#get("select count(*) as count from secrets")?.count);
  }

  async countParts(): Promise<number> {
    return Number(this.#get(COUNT_PARTS)?.count);
  }

  async audit(query: AuditQuery): Promise<AuditRow[]> {
    const { limit, beforeMs = Number.MAX_SAFE_INTEGER } = query;
    return this.#all(SELECT_NEWEST, beforeMs, limit).map(toAuditRow);
  }

  async lastAudit(secretId: string, kind: string): Promise<AuditRow | undefined> {
    const sql = `${SELECT_AUDIT} where a.secret_id = ? and a.secret_id <> '' and a.kind = ?
      order by a.seq desc limit 1`;
    const row = this.#get(sql, secretId, kind);
    return row === undefined ? undefined : toAuditRow(row);
  }

  async lastState(secretId: string): Promise<AuditRow | undefined> {
    const row = this.#get(SELECT_LAST_STATE, secretId);
    return row === undefined ? undefined : toAuditRow(row);
  }

  async auditAfter(seq: number, limit: number): Promise<AuditRow[]> {
    return this.#all(SELECT_OLDEST, seq, limit).map(toAuditRow);
  }

  async states(after: StatePlace | undefined, limit: number): Promise<AuditRow[]> {
    const { secretId, seq } = after ?? { secretId: "", seq: -Infinity };
    return this.#all(SELECT_STATES, secretId, seq, limit).map(toAuditRow);
  }

  async newestAudit(kinds: readonly string[]): Promise<AuditRow | undefined> {
    const sql = `${SELECT_AUDIT} where a.kind in (${
      marks(kinds.length)
    }) order by a.seq desc limit 1`;
    const row = this.#get(sql, ...kinds);
    return row === undefined ? undefined : toAuditRow(row);
  }

  async insertSecret(record: SecretRecord, sealedValue: Uint8Array): Promise<void> {
    this.#run(INSERT_SECRET, ...secretValues(record));
    this.#run("insert into secret_values values (?, ?)", record.id, sealedValue);
    this.#insertNamesAndGroups(record);
  }

  async updateSecret(record: SecretRecord, sealedValue?: Uint8Array): Promise<void> {
    const [id, ...columns] = secretValues(record);
    this.#run(
      `update secrets set scope_kind = ?, workspace_id = ?, group_id = ?, pinned_provider = ?,
        value_version = ?, created_at_ms = ?, updated_at_ms = ?, expires_at_ms = ?, kek_id = ?,
        wrapped_dek = ? where id = ?`,
      ...columns,
      id ?? "",
    );
    this.#run("delete from secret_names where secret_id = ?", record.id);
    this.#run("delete from attached_groups where secret_id = ?", record.id);
    this.#insertNamesAndGroups(record);
    if (sealedValue === undefined) return;
    this.#run(
      "update secret_values set sealed_value = ? where secret_id = ?",
      sealedValue,
      record.id,
    );
  }

  async rewrapSecret(id: string, kekId: string, wrappedDek: Uint8Array): Promise<void> {
    this.#run("update secrets set kek_id = ?, wrapped_dek = ? where id = ?", kekId, wrappedDek, id);
  }

  async deleteSecret(id: string): Promise<void> {
    this.#run("delete from secrets where id = ?", id);
  }

  async appendAudit(row: AuditRow): Promise<void> {
    this.#run(INSERT_AUDIT, ...auditValues(row));
  }

  async removeAudit({ from, through, except = [] }: AuditRange): Promise<number> {
    return this.#run(DELETE_AUDIT, from, through, JSON.stringify(except));
  }

  #insertNamesAndGroups(record: SecretRecord): void {
    const { kind, workspaceId, groupId } = scopeFields(record.scope);
    const names = [
      [record.name, 0] as const,
      ...record.aliases.map((alias) => [alias, 1] as const),
    ];
    for (const [name, isAlias] of names) {
      this.#run(INSERT_NAME, kind, workspaceId, groupId, name, isAlias, record.id);
    }
    for (const group of record.attachedGroups) {
      this.#run(
        "insert into attached_groups values (?, ?, ?)",
        record.id,
        group.workspaceId,
        group.groupId,
      );
    }
  }

  /** Whether a statement has failed with `error`. */
  hasFailedWith(error: unknown): boolean {
    return error instanceof Error && this.#failures.has(error);
  }

  /** Runs a statement; gives how many rows it changed. */
  #run(sql: string, ...values: SqlValue[]): number {
    return this.#execute(sql, (statement) => Number(statement.run(...values).changes));
  }

  #get(sql: string, ...values: SqlValue[]): SqlRow | undefined {
    return this.#execute(sql, (statement) => statement.get(...values) as SqlRow | undefined);
  }

  #all(sql: string, ...values: SqlValue[]): SqlRow[] {
    return this.#execute(sql, (statement) => statement.all(...values) as SqlRow[]);
  }

  #execute<T>(sql: string, work: (statement: StatementSync) => T): T {
    try {
      return work(this.#statement(sql));
    } catch (error) {
      if (error instanceof Error) this.#failures.add(error);
      throw error;
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function marks(count: number): string {
  return Array(count).fill("?").join(", ");
}
