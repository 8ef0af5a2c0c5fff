/**
 * Seeing that the schema of an open database was changed by somebody else.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { checkSchema } from "./check_schema.ts";
import { checkVersion } from "./migrate.ts";

/**
 * Watches the schema of one connection. SQLite takes a changed schema into use when the number that it counts the
 * changes by differs, so that number says when to look.
 */
export class SchemaWatch {
  readonly #database: DatabaseSync;
  readonly #count: StatementSync;
  #checked: unknown;

  /** @param database Its schema is checked after this. */
  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#count = database.prepare("pragma schema_version");
    this.#checked = this.#changes();
  }

  /**
   * Checks the schema, if it was changed, within the transaction that is to rely on it.
   *
   * @throws {VaultError} `INTEGRITY` if it is no vault's any more, `UNSUPPORTED` if it is a newer program's.
   */
  check(attempted: string): void {
    const changes = this.#changes();
    if (changes === this.#checked) return;
    checkVersion(this.#database, attempted);
    checkSchema(this.#database, attempted);
    this.#checked = changes;
  }

  #changes(): unknown {
    return this.#count.get()?.["schema_version"];
  }
}
