/**
 * The schema of a database, from none or an older one to the present one.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { VaultError } from "../../lib/errors.ts";
import { checkSchema } from "./check_schema.ts";
import { rollBack } from "./roll_back.ts";
import { APPLICATION_ID, MIGRATIONS } from "./schema.ts";

/**
 * Makes the tables of a database that is `new`, and brings those of an older program forward.
 *
 * @throws {VaultError} `INTEGRITY` if another program wrote it or somebody changed its tables, `UNSUPPORTED` if a newer
 * one did.
 */
export function migrate(database: DatabaseSync, attempted: string, age: "new" | "old"): void {
  const { version, application, tables } = headerOf(database);
  const isOurs = application === APPLICATION_ID && version > 0;
  const isEmpty = application === 0 && version === 0 && tables === 0;
  if (!isOurs && !(age === "new" && isEmpty)) {
    throw new VaultError("INTEGRITY", attempted, "this is the database of another program");
  }
  refuseNewer(version, attempted);
  database.exec("pragma synchronous = full; pragma secure_delete = on; pragma foreign_keys = on");
  if (version === MIGRATIONS.length) return checkSchema(database, attempted);
  database.exec("pragma journal_mode = wal");
  database.exec("begin immediate");
  try {
    // Another process may have brought it forward while this one waited.
    const pending = MIGRATIONS.slice(headerOf(database).version);
    for (const migration of pending) database.exec(migration);
    database.exec(
      `pragma application_id = ${APPLICATION_ID}; pragma user_version = ${MIGRATIONS.length}`,
    );
    database.exec("commit");
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/**
 * Checks that a database that is open has the present version still.
 *
 * @throws {VaultError} `UNSUPPORTED` if a newer program has brought it forward.
 */
export function checkVersion(database: DatabaseSync, attempted: string): void {
  refuseNewer(headerOf(database).version, attempted);
}

function refuseNewer(version: number, attempted: string): void {
  if (version <= MIGRATIONS.length) return;
  throw new VaultError(
    "UNSUPPORTED",
    attempted,
    `its version ${version} is newer than this program`,
    {
      hints: [`this program reads up to version ${MIGRATIONS.length}; use a newer aivault`],
    },
  );
}

// One statement, so one state: another process may be making the tables at this moment.
function headerOf(
  database: DatabaseSync,
): { version: number; application: number; tables: number } {
  const sql = `select (select user_version from pragma_user_version) as version,
    (select application_id from pragma_application_id) as application,
    (select count(*) from sqlite_schema) as tables`;
  const { version, application, tables } = database.prepare(sql).get() ?? {};
  return { version: Number(version), application: Number(application), tables: Number(tables) };
}
