/**
 * A database as SQL text: the same text for the same content.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { DatabaseSync } from "node:sqlite";

/** What SQLite can hold. */
export type SqlValue = null | number | bigint | string | Uint8Array;
/** A row by column. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A value as SQL writes it. */
export function literal(value: SqlValue): string {
  if (value === null) return "null";
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString("hex")}'`;
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}

/** The statement that puts `row` into `table`. */
export function insertion(table: string, row: SqlRow): string {
  return `insert into ${table} values (${Object.values(row).map(literal).join(", ")});`;
}

/** The statements that make a database with the content of `database`. */
export function dump(database: DatabaseSync): string {
  const all = (sql: string): SqlRow[] => database.prepare(sql).all() as SqlRow[];
  const schema = all("select type, name, sql from sqlite_schema where sql is not null");
  const [header] = all(`select application_id, user_version from pragma_application_id,
    pragma_user_version`);
  const lines = Object.entries(header ?? {}).map(([name, value]) =>
    `pragma ${name} = ${literal(value)};`
  );
  for (const { sql } of schema) lines.push(`${String(sql).replace(/^ {2}/gm, "")};`);
  for (const { name } of schema.filter(({ type }) => type === "table")) {
    const columns = all(`select name from pragma_table_info('${name}') where pk > 0 order by pk`);
    const order = columns.map((column) => column["name"]).join(", ");
    for (const row of all(`select * from ${name} order by ${order}`)) {
      lines.push(insertion(String(name), row));
    }
  }
  return `${lines.join("\n")}\n`;
}
