/**
 * What the vault is measured beside: SQLite and the cipher alone, without a vault around them.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { open, seal } from "../../lib/crypto/aead.ts";
import { randomBytes } from "../../lib/crypto/bytes.ts";

/** Bytes that a DEK is bound to, about as many as the vault has for a global secret with a short name. */
const CONTEXT_LENGTH = 220;
const CIPHER_ROUNDS = 5_000;

/** A database with the settings of the vault's and one table: text key, blob of 100 bytes. */
export class BareDatabase {
  readonly #database: DatabaseSync;

  /** Makes the database file. */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(
      `pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on;
      create table raw (id text primary key, value blob not null) strict, without rowid`,
    );
  }

  /** One insert, committed. */
  commitOne(): void {
    this.#transact((database) => {
      database.prepare("insert into raw values (?, ?)").run(crypto.randomUUID(), randomBytes(100));
    });
  }

  /** Inserts `count` rows in one transaction; gives their ids. */
  insertMany(count: number): string[] {
    const ids = Array.from({ length: count }, () => crypto.randomUUID());
    this.#transact((database) => {
      const insert = database.prepare("insert into raw values (?, ?)");
      for (const id of ids) insert.run(id, new Uint8Array(100));
    });
    return ids.sort();
  }

  /** Updates the rows of `ids` in one transaction. */
  updateMany(ids: readonly string[]): void {
    this.#transact((database) => {
      const update = database.prepare("update raw set value = ? where id = ?");
      for (const id of ids) update.run(new Uint8Array(100), id);
    });
  }

  /** Closes it. */
  close(): void {
    this.#database.close();
  }

  #transact(work: (database: DatabaseSync) => void): void {
    this.#database.exec("begin immediate");
    work(this.#database);
    this.#database.exec("commit");
  }
}

/** Opens a wrapped DEK and seals it again, many times: the cipher's share of a rotation of the master key. */
export function openAndSeal(): number {
  const [from, to, dek] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const context = randomBytes(CONTEXT_LENGTH);
  const wrapped = seal(from, dek, context);
  for (let i = 0; i < CIPHER_ROUNDS; i++) seal(to, open(from, wrapped, context), context);
  return CIPHER_ROUNDS;
}
