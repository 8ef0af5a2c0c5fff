/**
 * Whether a database has the tables of a vault and nothing else that does something: a trigger, a view, or a table that
 * was made anew with rules of its own would act in the program's name.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { VaultError } from "../../lib/errors.ts";
import { MIGRATIONS } from "./schema.ts";

const SELECT_SCHEMA = "select sql from sqlite_schema where sql is not null";

/** The statements that made the tables and indexes of a vault of the present version. */
const STATEMENTS = MIGRATIONS.flatMap((migration) => migration.split(";"))
  .filter((sql) => sql.trim() !== "");

/**
 * Checks the schema of a database of the present version.
 *
 * @throws {VaultError} `INTEGRITY`
 */
export function checkSchema(database: DatabaseSync, attempted: string): void {
  const found = database.prepare(SELECT_SCHEMA).all().map(({ sql }) => asKept(String(sql)));
  // What SQLite keeps for itself it does not let anybody else make.
  const made = found.filter((sql) => !sql.startsWith("create table sqlite_stat"));
  // The second takes longer, and only another program's vault needs it.
  if (isVault(made, asKept) || isVault(made, plain)) return;
  throw new VaultError("INTEGRITY", attempted, "its tables are not those of a vault", {
    hints: ["it was changed or damaged: restore the vault from a backup"],
  });
}

function isVault(made: readonly string[], form: (sql: string) => string): boolean {
  const expected = new Set(STATEMENTS.map(form));
  return made.length === expected.size && made.every((sql) => expected.has(form(sql)));
}

/** A statement as it is kept and as it was given: SQLite writes the first words its own way. */
function asKept(sql: string): string {
  return sql.trim().toLowerCase();
}

/** A statement without what makes no difference: white space and the case of its words. */
function plain(sql: string): string {
  return asKept(sql).replace(/\s+/g, " ");
}
