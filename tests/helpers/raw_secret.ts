/**
 * The attacker's copy of a secret: all of its rows, taken and put back.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { columnsOf, ownerColumn, rows, run, type SqlRow, tablesOf } from "./raw_database.ts";

/** The rows of a secret, by table. */
export type RawSecret = readonly (readonly [table: string, rows: readonly SqlRow[]])[];

/** The tables that hold rows of secrets, the referring ones last. */
function tables(raw: DatabaseSync): string[] {
  const others = tablesOf(raw).filter((name) => !["audit", "vault", "secrets"].includes(name));
  return ["secrets", ...others];
}

/** Every row that belongs to the secret of this id. */
export function copySecret(raw: DatabaseSync, id: string): RawSecret {
  return tables(raw).map((table) => {
    const owner = ownerColumn(columnsOf(raw, table));
    return [table, rows(raw, `select * from ${table} where ${owner} = ?`, id)] as const;
  });
}

/** Removes every row of the secret of this id. */
export function cutSecret(raw: DatabaseSync, id: string): void {
  for (const table of tables(raw).reverse()) {
    const owner = ownerColumn(columnsOf(raw, table));
    run(raw, `delete from ${table} where ${owner} = ?`, id);
  }
}

/** Puts `copy` in the place of the secret of this id. */
export function pasteSecret(raw: DatabaseSync, id: string, copy: RawSecret): void {
  cutSecret(raw, id);
  for (const [table, found] of copy) {
    for (const values of found) {
      const columns = Object.keys(values);
      const marks = columns.map(() => "?").join(", ");
      const sql = `insert into ${table} (${columns.join(", ")}) values (${marks})`;
      run(raw, sql, ...Object.values(values));
    }
  }
}
