/**
 * What SQLite itself finds wrong with a database.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/** What `integrity_check` and `foreign_key_check` report; empty if nothing is wrong. */
export function problemsOf(database: DatabaseSync): string[] {
  const structure = database.prepare("pragma integrity_check(100)").all()
    .map((row) => String(Object.values(row)[0]))
    .filter((line) => line !== "ok");
  const references = database.prepare("pragma foreign_key_check").all()
    .map(({ table, parent }) => `a row of ${table} refers to none of ${parent}`);
  return [...structure, ...references].slice(0, 100);
}
