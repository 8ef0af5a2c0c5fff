/**
 * The default store: one SQLite database, through the `node:sqlite` that Deno, Bun and Node ship.
 *
 * @module
 */
import { open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { VaultError } from "../../lib/errors.ts";
import { Mutex } from "../../lib/vault/mutex.ts";
import type { Store, StoreReader, StoreWriter, WriteOptions } from "../../lib/vault/store.ts";
import { errnoOf } from "../host/disk_error.ts";
import { makePrivateDirectory, syncDirectory } from "../host/private_directory.ts";
import { APPLICATION_ID, MIGRATIONS } from "./schema.ts";
import { copyTables } from "./copy_tables.ts";
import { isBusy, storeError } from "./sqlite_error.ts";
import { problemsOf } from "./sqlite_problems.ts";
import { SqliteWriter } from "./sqlite_writer.ts";

/** How a database is opened. */
export interface SqliteStoreOptions {
  /** The database file. */
  readonly path: string;
  /** Make it, and its directory, if it does not exist. Default: false. */
  readonly create?: boolean;
  /** How long to wait for other processes before `BUSY`. Milliseconds. Default: 30,000. */
  readonly busyTimeoutMs?: number;
}

/**
 * Keeps a vault in a SQLite database: write-ahead log, every commit synced to the disk, deleted content
 * overwritten. It is made with mode 0600, and its directory, if it is made too, with mode 0700.
 *
 * @example
 * ```ts
 * import { SqliteStore } from "@aivault/cli/stores/sqlite";
 * import { Vault } from "@aivault/cli";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const directory = await mkdtemp(join(tmpdir(), "aivault-"));
 * const store = await SqliteStore.open({ path: join(directory, "vault.db"), create: true });
 * const vault = await Vault.init({ store, kek: crypto.getRandomValues(new Uint8Array(32)) });
 * await vault.create({ name: "TOKEN", value: new TextEncoder().encode("s3cret") });
 * assert.equal((await vault.info()).secrets, 1);
 * await vault.close();
 * await rm(directory, { recursive: true });
 * ```
 */
export class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #busyTimeoutMs: number;
  readonly #mutex = new Mutex();
  readonly #writer: SqliteWriter;

  private constructor(database: DatabaseSync, busyTimeoutMs: number) {
    this.#database = database;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#writer = new SqliteWriter(database);
  }

  /**
   * Opens a database, and brings its schema forward.
   *
   * @throws {VaultError} `NOT_FOUND` if it does not exist and is not to be made, `UNSUPPORTED` if a newer
   * program wrote it, `INTEGRITY` if it is no vault or is damaged, `DISK`, `BUSY`.
   */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const { path, create = false, busyTimeoutMs = 30_000 } = options;
    const attempted = `open ${path}`;
    await prepareFile(path, create, attempted);
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path, { timeout: busyTimeoutMs });
      database.exec(`pragma busy_timeout = ${busyTimeoutMs}`);
      await retryBusy(busyTimeoutMs, () => migrate(database as DatabaseSync, attempted));
      return new SqliteStore(database, busyTimeoutMs);
    } catch (error) {
      database?.close();
      throw storeError(attempted, error);
    }
  }

  /** See {@linkcode Store.read}. */
  read<T>(work: (reader: StoreReader) => Promise<T>): Promise<T> {
    return this.#transact("read the vault", "begin", work);
  }

  /** See {@linkcode Store.write}. */
  write<T>(work: (writer: StoreWriter) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    return this.#transact("write the vault", "begin immediate", work, options.noWait);
  }

  /**
   * Makes `target` hold what this store holds: one consistent state, in one transaction of `target`. Other processes may
   * write meanwhile.
   */
  copyTo(target: SqliteStore): Promise<void> {
    return this.#transact(
      "copy the vault",
      "begin",
      () =>
        target.#transact("write the copy", "begin immediate", () => {
          copyTables(this.#database, target.#database);
          return Promise.resolve();
        }),
    );
  }

  /** What SQLite finds wrong with the database: its structure, and rows that refer to none. At most a hundred. */
  problems(): Promise<string[]> {
    return this.#transact("examine the database", "begin", () => {
      return Promise.resolve(problemsOf(this.#database));
    });
  }

  /** Closes the database. The last process to do so removes the write-ahead log. */
  close(): Promise<void> {
    return this.#mutex.run(() => {
      if (this.#database.isOpen) this.#database.close();
      return Promise.resolve();
    });
  }

  #transact<T>(
    attempted: string,
    begin: string,
    work: (writer: StoreWriter) => Promise<T>,
    noWait = false,
  ): Promise<T> {
    return this.#mutex.run(async () => {
      const database = this.#database;
      try {
        await retryBusy(noWait ? 0 : this.#busyTimeoutMs, () => this.#begin(begin));
        try {
          const result = await work(this.#writer);
          database.exec("commit");
          return result;
        } catch (error) {
          if (database.isTransaction) database.exec("rollback");
          throw error;
        }
      } catch (error) {
        throw storeError(attempted, error);
      }
    });
  }

  // SQLite would wait without letting anything else of this process run, another connection's writer too.
  #begin(begin: string): void {
    this.#database.exec("pragma busy_timeout = 0");
    try {
      this.#database.exec(begin);
    } finally {
      this.#database.exec(`pragma busy_timeout = ${this.#busyTimeoutMs}`);
    }
  }
}

async function prepareFile(path: string, create: boolean, attempted: string): Promise<void> {
  try {
    if (!create) {
      await stat(path);
      return;
    }
    await makePrivateDirectory(dirname(path));
    const file = await open(path, "wx", 0o600);
    await file.chmod(0o600);
    await file.close();
    await syncDirectory(dirname(path));
  } catch (error) {
    if (create && errnoOf(error) === "EEXIST") return;
    if (errnoOf(error) === "ENOENT") {
      throw new VaultError("NOT_FOUND", attempted, "there is no vault here", {
        hints: ["make one with: aivault init"],
      });
    }
    throw storeError(attempted, error);
  }
}

// Tries again after a random while, so that whoever has waited long is not behind whoever has just come.
async function retryBusy(timeoutMs: number, work: () => void): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (true) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || Date.now() >= deadline) throw error;
      await delay(1 + 9 * Math.random());
    }
  }
}

function migrate(database: DatabaseSync, attempted: string): void {
  const { version, application, tables } = headerOf(database);
  const isOurs = application === APPLICATION_ID && version > 0;
  if (!isOurs && (application !== 0 || version !== 0 || tables !== 0)) {
    throw new VaultError("INTEGRITY", attempted, "this is the database of another program");
  }
  if (version > MIGRATIONS.length) {
    throw new VaultError(
      "UNSUPPORTED",
      attempted,
      `its version ${version} is newer than this program`,
      {
        hints: [`this program reads up to version ${MIGRATIONS.length}; use a newer aivault`],
      },
    );
  }
  database.exec("pragma synchronous = full; pragma secure_delete = on; pragma foreign_keys = on");
  if (version === MIGRATIONS.length) return;
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
    if (database.isTransaction) database.exec("rollback");
    throw error;
  }
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
