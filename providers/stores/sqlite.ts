/**
 * The default store: one SQLite database, through the `node:sqlite` that Deno, Bun and Node ship.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { VaultError } from "../../lib/errors.ts";
import { CallersError } from "../../lib/vault/callers_error.ts";
import { Mutex } from "../../lib/vault/mutex.ts";
import type { Store, StoreReader, StoreWriter, WriteOptions } from "../../lib/vault/store.ts";
import type { copyTables as CopyTables } from "./copy_tables.ts";
import { checkPrivate, lookAtDatabase } from "./database_file.ts";
import { FileWatch } from "./file_watch.ts";
import { migrate } from "./migrate.ts";
import { rollBack } from "./roll_back.ts";
import { SchemaWatch } from "./schema_watch.ts";
import { checkOptions, type SqliteStoreOptions } from "./sqlite_options.ts";
import { isBusy, isRefused, storeError } from "./sqlite_error.ts";
import { problemsOf } from "./sqlite_problems.ts";
import { SqliteWriter } from "./sqlite_writer.ts";

export type { SqliteStoreOptions };

// Two stores that copy to each other at once would wait for each other.
const copies = new Mutex();

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
  /** The database file: an absolute path. */
  readonly path: string;
  readonly #file: FileWatch;
  readonly #database: DatabaseSync;
  readonly #busyTimeoutMs: number;
  readonly #mutex = new Mutex();
  readonly #schema: SchemaWatch;
  readonly #writer: SqliteWriter;
  #isClosed = false;

  private constructor(
    path: string,
    file: FileWatch,
    database: DatabaseSync,
    schema: SchemaWatch,
    busyTimeoutMs: number,
  ) {
    this.#schema = schema;
    this.path = path;
    this.#file = file;
    this.#database = database;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#writer = new SqliteWriter(database);
  }

  /**
   * Opens a database, and brings its schema forward.
   *
   * @throws {VaultError} `NOT_FOUND` if it does not exist and is not to be made, `UNSUPPORTED` if a newer
   * program wrote it, `INTEGRITY` if it is no vault, is empty or is damaged, `DISK` (also if other users can
   * reach it), `BUSY`.
   */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const { path, create, anyMode, busyTimeoutMs } = checkOptions(options);
    const attempted = `open ${options.path}`;
    if (create) {
      // Loaded once in the life of a vault.
      const { makeDatabase } = await import("./make_database.ts");
      await makeDatabase(path, attempted);
    }
    const found = await lookAtDatabase(path, attempted);
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path, { timeout: busyTimeoutMs });
      database.exec(`pragma busy_timeout = ${busyTimeoutMs}`);
      const opened = database;
      const schema = await retryBusy(busyTimeoutMs, () => {
        const watch = new SchemaWatch(opened);
        migrate(opened, attempted, "old");
        return watch;
      });
      // What is no vault is not to be mended.
      if (!anyMode) checkPrivate(found, path, attempted);
      const file = new FileWatch(path, found);
      file.check(attempted);
      return new SqliteStore(path, file, database, schema, busyTimeoutMs);
    } catch (error) {
      database?.close();
      throw await failure(path, attempted, error);
    }
  }

  /** See {@linkcode Store.read}. */
  read<T>(work: (reader: StoreReader) => Promise<T>): Promise<T> {
    return this.#transact("read the vault", "begin", this.#apart(work));
  }

  /** See {@linkcode Store.write}. */
  write<T>(work: (writer: StoreWriter) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    return this.#transact("write the vault", "begin immediate", this.#apart(work), options);
  }

  /** `work`, whose own errors can be told from those of its statements. */
  #apart<T>(work: (writer: StoreWriter) => Promise<T>): (writer: StoreWriter) => Promise<T> {
    return async (writer) => {
      try {
        return await work(writer);
      } catch (error) {
        throw this.#writer.hasFailedWith(error) ? error : new CallersError(error);
      }
    };
  }

  /**
   * Makes `target` hold what this store holds: one consistent state, in one transaction of `target`. Other processes may
   * write meanwhile.
   *
   * @throws {VaultError} `INVALID_INPUT` if it is this store.
   */
  async copyTo(target: SqliteStore): Promise<void> {
    this.#refuseItself(target);
    const { copyTables } = await import("./copy_tables.ts");
    const copy = () => target.#take(this.#database, copyTables);
    await copies.run(() => this.#transact("copy the vault", "begin", copy));
  }

  #refuseItself(other: SqliteStore): void {
    if (other !== this) return;
    throw new VaultError("INVALID_INPUT", "copy the vault", "a store cannot be copied to itself");
  }

  /**
   * Makes this store hold what `source` holds, in one transaction.
   *
   * @param keep First given what copies to another store what this one has held: the very last state, for nobody
   * else writes any more until the transaction ends. If it fails, nothing is changed.
   * @throws {VaultError} `INVALID_INPUT` if it is this store.
   */
  async replaceBy(
    source: SqliteStore,
    keep: (copyTo: (target: SqliteStore) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    this.#refuseItself(source);
    const { copyTables } = await import("./copy_tables.ts");
    await this.#transact("write the vault", "begin immediate", async () => {
      await keep((target) => target.#take(this.#database, copyTables));
      await source.#transact("copy the vault", "begin", () => {
        copyTables(source.#database, this.#database);
        return Promise.resolve();
      });
    });
  }

  #take(from: DatabaseSync, copyTables: typeof CopyTables): Promise<void> {
    return this.#transact("write the copy", "begin immediate", () => {
      copyTables(from, this.#database);
      return Promise.resolve();
    });
  }

  /**
   * Runs `work`, which may put another file in the place of this one, while nobody else writes. The store itself
   * changes nothing.
   */
  hold<T>(work: () => Promise<T>): Promise<T> {
    return this.#transact("hold the vault", "begin immediate", this.#apart(work), {
      end: "rollback",
    });
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
      if (!this.#isClosed) this.#database.close();
      this.#isClosed = true;
      return Promise.resolve();
    });
  }

  #transact<T>(
    attempted: string,
    begin: string,
    work: (writer: StoreWriter) => Promise<T>,
    { noWait = false, end = "commit" }: WriteOptions & { readonly end?: string } = {},
  ): Promise<T> {
    return this.#mutex.run(async () => {
      const database = this.#database;
      if (this.#isClosed) throw new VaultError("LOCKED", attempted, "the store was closed");
      try {
        await retryBusy(noWait ? 0 : this.#busyTimeoutMs, () => this.#begin(begin));
        try {
          this.#schema.check(attempted);
          const result = await work(this.#writer);
          if (begin !== "begin" && end === "commit") this.#file.check(attempted);
          database.exec(end);
          return result;
        } catch (error) {
          rollBack(database);
          throw error;
        }
      } catch (error) {
        // It may look like an error of SQLite or of a disk, and is none of this database.
        if (error instanceof CallersError) throw error.cause;
        throw await failure(this.path, attempted, error);
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

async function failure(path: string, attempted: string, error: unknown): Promise<unknown> {
  if (!isRefused(error)) return storeError(attempted, error);
  return await (await import("./refused_files.ts")).refusedFiles(path, attempted, error);
}

// Tries again after a random while, so that whoever has waited long is not behind whoever has just come.
async function retryBusy<T>(timeoutMs: number, work: () => T): Promise<T> {
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
