/**
 * Copying a database of SQLite row by row.
 *
 * Statements that attach another file, as VACUUM INTO does, are refused by Deno's SQLite without all permissions.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "./schema.ts";
import { damaged } from "./sqlite_error.ts";
import type { SqlValue } from "./sqlite_rows.ts";

// Not those that the database names: its schema may be somebody else's by now.
const TABLES = MIGRATIONS.flatMap((sql) => [...sql.matchAll(/create table (\w+)/g)])
  .map(([, name = ""]) => name);

/** Makes the tables of `to` hold what those of `from` hold. Both have the same schema and are in a transaction. */
export function copyTables(from: DatabaseSync, to: DatabaseSync): void {
  // Tables that refer to others come after them in the schema.
  for (const table of TABLES.toReversed()) to.exec(`delete from ${table}`);
  for (const table of TABLES) copyTable(from, to, table);
}

function copyTable(from: DatabaseSync, to: DatabaseSync, table: string): void {
  const read = from.prepare(`select * from ${table}`);
  // A stored number may be larger than JavaScript's are exact.
  read.setReadBigInts(true);
  let insert: ReturnType<DatabaseSync["prepare"]> | undefined;
  let copied = 0;
  for (const row of read.iterate()) {
    const values = Object.values(row) as SqlValue[];
    insert ??= to.prepare(`insert into ${table} values (${values.map(() => "?").join(", ")})`);
    insert.run(...values);
    copied++;
  }
  // Deno's node:sqlite ends at a page that is damaged as if it were the last; to count them all it has to pass it.
  const total = from.prepare(`select count(*) as total from ${table} not indexed`).get()?.["total"];
  if (total !== copied) throw damaged("copy the vault", "the database is damaged");
}
