/**
 * How SqliteStore holds its database: settings in force, other connections, and what deleting leaves.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import test from "node:test";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { addSecrets, idOf, record, sealed, vaultRow } from "../contract/store_records.ts";
import { filesWith } from "../helpers/files.ts";
import { withDirectory } from "../helpers/program.ts";
import { row, run, withRaw } from "../helpers/raw_database.ts";
import { contentOf, sqliteStore } from "../helpers/vaults.ts";

/** Opens a store and catches the very connection that it works with. */
async function openAndCatch(path: string): Promise<{ store: SqliteStore; caught: DatabaseSync }> {
  const { exec } = DatabaseSync.prototype;
  let caught: DatabaseSync | undefined;
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string): void {
    caught = this;
    exec.call(this, sql);
  };
  try {
    const store = await SqliteStore.open({ path, create: true });
    if (caught === undefined) throw new TypeError("the store did not use exec()");
    return { store, caught };
  } finally {
    DatabaseSync.prototype.exec = exec;
  }
}

/** What the pragmas must say, whether the database is new or not. */
const IN_FORCE: readonly (readonly [string, string | number])[] = [
  ["journal_mode", "wal"],
  ["synchronous", 2],
  ["secure_delete", 1],
  ["foreign_keys", 1],
  ["busy_timeout", 30_000],
];

test("SqliteStore has its settings in force on its own connection, in a new and an old database", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    for (const _ of ["new", "old"]) {
      const { store, caught } = await openAndCatch(path);
      for (const [pragma, expected] of IN_FORCE) {
        const [value] = Object.values(row(caught, `pragma ${pragma}`));
        assert.equal(value, expected, pragma);
      }
      await store.close();
    }
    assert.deepEqual(withRaw(path, (raw) => row(raw, "pragma journal_mode")), {
      journal_mode: "wal",
    });
  });
});

/** Bytes that occur nowhere else. */
function marked(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (seed * 31 + i * i * 7 + (i >> 3)) & 0xff);
}

for (const length of [60, 3_000, 200_000]) {
  test(`deleteSecret() and updateSecret() leave nothing of a value of ${length} bytes in the file`, async () => {
    await withDirectory(async (directory) => {
      const values = [1, 2, 3].map((seed) => marked(length, seed));
      const [deleted = values[0], replaced = values[0], kept = values[0]] = values;
      const store = await sqliteStore(directory);
      const [doomed, changed] = [
        record(1, { wrappedDek: marked(72, 101), name: "the doomed name" }),
        record(2, { wrappedDek: marked(72, 102) }),
      ];
      await store.write(async (writer) => {
        await writer.insertSecret(doomed, deleted ?? sealed(1));
        await writer.insertSecret(changed, replaced ?? sealed(1));
        await writer.insertSecret(record(3), kept ?? sealed(1));
      });
      // Neighbours come and go, so that pages are rearranged.
      await addSecrets(store, ...Array.from({ length: 200 }, (_, n) => n + 10));
      await store.write((writer) => writer.deleteSecret(doomed.id));
      const next = record(2, { wrappedDek: marked(72, 103) });
      await store.write((writer) => writer.updateSecret(next, marked(length, 4)));
      await store.write(async (writer) => {
        for (let n = 10; n < 210; n += 2) await writer.deleteSecret(idOf(n));
      });
      await store.close();
      const gone = [deleted, replaced, doomed.wrappedDek, changed.wrappedDek];
      // A page holds a large value in parts, so any part is looked for.
      for (const bytes of gone) {
        assert.deepEqual(await filesWith(directory, (bytes ?? sealed(1)).slice(0, 48)), []);
        assert.deepEqual(await filesWith(directory, (bytes ?? sealed(1)).slice(-48)), []);
      }
      assert.deepEqual(await filesWith(directory, "the doomed name"), []);
      // The needle is one that is found where it is kept.
      assert.deepEqual(await filesWith(directory, (kept ?? sealed(1)).slice(-48)), ["vault.db"]);
    });
  });
}

test("write() with noWait fails with BUSY at once while another connection holds the database", async () => {
  await withDirectory(async (directory) => {
    const [store, other] = [await sqliteStore(directory), await sqliteStore(directory)];
    await store.write((writer) => writer.putVault(vaultRow()));
    await other.write(async () => {
      let ran = false;
      const refused = store.write(() => {
        ran = true;
        return Promise.resolve();
      }, { noWait: true });
      await assert.rejects(refused, { code: "BUSY" });
      assert.equal(ran, false);
      // Reading goes on beside a writer.
      assert.equal((await store.read((reader) => reader.vault()))?.auditSeq, 0);
    });
    await store.write((writer) => writer.putVault(vaultRow({ auditSeq: 1 })), { noWait: true });
    await Promise.all([store.close(), other.close()]);
  });
});

test("write() without noWait still waits after one with noWait was refused", async () => {
  await withDirectory(async (directory) => {
    const { store, caught } = await openAndCatch(join(directory, "vault.db"));
    const other = await sqliteStore(directory);
    await other.write(async () => {
      await assert.rejects(store.write(() => Promise.resolve(), { noWait: true }), {
        code: "BUSY",
      });
    });
    assert.deepEqual(Object.values(row(caught, "pragma busy_timeout")), [30_000]);
    await Promise.all([store.close(), other.close()]);
  });
});

test("write() fails with BUSY, having changed nothing, when another connection holds on for too long", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const other = await sqliteStore(directory);
    const store = await SqliteStore.open({ path, busyTimeoutMs: 20 });
    await addSecrets(store, 1);
    const before = await contentOf(store);
    await other.write(async () => {
      await assert.rejects(addSecrets(store, 2), { code: "BUSY" });
    });
    assert.deepEqual(await contentOf(store), before);
    await addSecrets(store, 2);
    await Promise.all([store.close(), other.close()]);
  });
});

test("write() waits for another connection of its own process, and lets it go on meanwhile", async () => {
  await withDirectory(async (directory) => {
    const other = await sqliteStore(directory);
    await addSecrets(other, 1);
    const path = join(directory, "vault.db");
    const store = await SqliteStore.open({ path, busyTimeoutMs: 5_000 });
    let waiting: Promise<void> | undefined;
    await other.write(async (writer) => {
      waiting = addSecrets(store, 2);
      // A writer that waited in SQLite itself would let nothing of this process go on.
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
      await writer.deleteSecret(idOf(1));
    });
    await waiting;
    const left = await store.read((reader) => reader.secrets(undefined, 9));
    assert.deepEqual(left.map(({ id }) => id), [idOf(2)]);
    await Promise.all([store.close(), other.close()]);
  });
});

test("read() keeps to one state of the database while another connection commits", async () => {
  await withDirectory(async (directory) => {
    const [store, other] = [await sqliteStore(directory), await sqliteStore(directory)];
    await addSecrets(store, 1);
    await store.read(async (reader) => {
      assert.equal(await reader.countSecrets(), 1);
      await addSecrets(other, 2);
      await other.write((writer) => writer.deleteSecret(idOf(1)));
      assert.equal(await reader.countSecrets(), 1);
      assert.deepEqual((await reader.secrets(undefined, 9)).map(({ id }) => id), [idOf(1)]);
      assert.equal(await reader.findByName({ kind: "global" }, "name 2"), undefined);
    });
    const after = await store.read((reader) => reader.secrets(undefined, 9));
    assert.deepEqual(after.map(({ id }) => id), [idOf(2)]);
    await Promise.all([store.close(), other.close()]);
  });
});

test("two connections write one after the other, and neither loses a write of the other", async () => {
  await withDirectory(async (directory) => {
    const stores = [await sqliteStore(directory), await sqliteStore(directory)];
    await stores[0]?.write((writer) => writer.putVault(vaultRow()));
    for (let n = 0; n < 20; n++) {
      await stores[n % 2]?.write(async (writer) => {
        const seq = Number((await writer.vault())?.auditSeq);
        await writer.putVault(vaultRow({ auditSeq: seq + 1 }));
      });
    }
    for (const store of stores) {
      assert.equal((await store.read((reader) => reader.vault()))?.auditSeq, 20);
      await store.close();
    }
  });
});

test("read() and write() report rows that contradict the schema as INTEGRITY", async () => {
  await withDirectory(async (directory) => {
    const store = await sqliteStore(directory);
    await addSecrets(store, 1);
    await store.close();
    withRaw(join(directory, "vault.db"), (raw) => {
      raw.exec("pragma foreign_keys = off");
      run(raw, "insert into secret_values values (?, ?)", idOf(2), Buffer.from("orphan"));
    });
    const reopened = await sqliteStore(directory);
    await assert.rejects(addSecrets(reopened, 2), { code: "INTEGRITY" });
    await reopened.close();
  });
});
