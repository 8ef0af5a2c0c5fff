/**
 * The attacker's hand on a vault: its database opened behind the program's back.
 *
 * @module
 */
import { copyFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";

/** What SQLite can hold. */
export type SqlValue = null | number | bigint | string | Uint8Array;
/** A row by column. */
export type SqlRow = Record<string, SqlValue>;

/** A column, as `pragma table_info` has it. */
export interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly inKey: boolean;
}

/** Runs `work` on the database, opened raw. */
export function withRaw<T>(path: string, work: (raw: DatabaseSync) => T): T {
  const raw = new DatabaseSync(path, { enableForeignKeyConstraints: true });
  try {
    return work(raw);
  } finally {
    raw.close();
  }
}

/** Copies a closed database. */
export async function copyDatabase(from: string, to: string): Promise<string> {
  await copyFile(from, to);
  return to;
}

/** Every row that `sql` gives. */
export function rows(raw: DatabaseSync, sql: string, ...values: SqlValue[]): SqlRow[] {
  return raw.prepare(sql).all(...values).map((row) => ({ ...row }));
}

/** The first row that `sql` gives. */
export function row(raw: DatabaseSync, sql: string, ...values: SqlValue[]): SqlRow {
  const [first] = rows(raw, sql, ...values);
  if (first === undefined) throw new RangeError(`no row: ${sql}`);
  return first;
}

/** Runs one statement; the number of rows that it changed. */
export function run(raw: DatabaseSync, sql: string, ...values: SqlValue[]): number {
  return Number(raw.prepare(sql).run(...values).changes);
}

/** The names of all tables. */
export function tablesOf(raw: DatabaseSync): string[] {
  const sql = "select name from sqlite_schema where type = 'table' order by name";
  return rows(raw, sql).map(({ name }) => String(name));
}

/** The columns of a table. */
export function columnsOf(raw: DatabaseSync, table: string): Column[] {
  return rows(raw, `pragma table_info(${table})`).map(({ name, type, notnull, pk }) => ({
    table,
    name: String(name),
    type: String(type),
    nullable: notnull === 0 && pk === 0,
    inKey: Number(pk) > 0,
  }));
}

/** The column that says which secret a row belongs to. */
export function ownerColumn(columns: readonly Column[]): string {
  const owner = columns.find(({ name }) => name === "secret_id" || name === "id");
  if (owner === undefined) throw new RangeError("a table of secrets without the secret's id");
  return owner.name;
}
