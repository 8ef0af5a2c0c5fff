/**
 * The end of a transaction that has failed.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/** Undoes the transaction of `database`, unless SQLite has undone it already: after some failures it does. */
export function rollBack(database: DatabaseSync): void {
  try {
    database.exec("rollback");
  } catch {
    // There is none, or the disk fails; what made the transaction fail says more.
  }
}
