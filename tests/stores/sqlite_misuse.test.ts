/** SqliteStore, used as its types or its documentation do not allow: it says so, and waits for nothing. */
import assert from "node:assert/strict";
import { readdir, rename } from "node:fs/promises";
import { join, relative } from "node:path";
import process from "node:process";
import test from "node:test";
import { Vault } from "../../lib/vault/vault.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { withDirectory } from "../helpers/program.ts";
import { contentOf, initVault, KEK, sqliteStore, utf8 } from "../helpers/vaults.ts";

const INVALID = { name: "VaultError", code: "INVALID_INPUT" };

test("SqliteStore.open() refuses a time to wait that is none, before it makes anything", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "sub", "vault.db");
    for (const busyTimeoutMs of [Number.NaN, -1, 0.5, Infinity, 2 ** 31, null, "5", 5n]) {
      const options = { path, create: true, busyTimeoutMs: busyTimeoutMs as number };
      await assert.rejects(SqliteStore.open(options), INVALID, String(busyTimeoutMs));
    }
    assert.deepEqual(await readdir(directory), []);
    for (const busyTimeoutMs of [0, 2 ** 31 - 1, undefined]) {
      await (await SqliteStore.open({ path, create: true, busyTimeoutMs })).close();
    }
  });
});

test("SqliteStore.open() refuses a path that is none, whether or not it is to be made", async () => {
  const paths: unknown[] = ["", "a\0b", undefined, null, 5, new URL("file:///nowhere"), utf8("a")];
  for (const path of paths) {
    for (const create of [true, false]) {
      await assert.rejects(SqliteStore.open({ path: path as string, create }), INVALID);
    }
  }
});

test("SqliteStore.open() takes every path for that of a file", async () => {
  await withDirectory(async (directory) => {
    // What SQLite itself takes for a database in memory, or for an address.
    for (const name of [":memory:", "file:a.db", "file:b.db?mode=memory", "c?d#e%20f.db"]) {
      const here = relative(process.cwd(), join(directory, name));
      const back = process.cwd();
      process.chdir(directory);
      try {
        const path = name;
        await (await initVault({ store: await SqliteStore.open({ path, create: true }) })).close();
        const vault = await Vault.open({ store: await SqliteStore.open({ path }), kek: KEK });
        await vault.close();
      } finally {
        process.chdir(back);
      }
      await (await SqliteStore.open({ path: here })).close();
      assert.ok((await readdir(directory)).includes(name));
    }
    assert.equal((await readdir(directory)).length, 4);
  });
});

test("SqliteStore.copyTo() and replaceBy() refuse the store itself, instead of waiting for it", async () => {
  await withDirectory(async (directory) => {
    const store = await sqliteStore(directory);
    await initVault({ store });
    const before = await contentOf(store);
    await assert.rejects(store.copyTo(store), INVALID);
    await assert.rejects(store.replaceBy(store, () => Promise.resolve()), INVALID);
    assert.deepEqual(await contentOf(store), before);
    await store.close();
  });
});

test("SqliteStore.copyTo() of two stores to each other at once comes to an end", async () => {
  await withDirectory(async (directory) => {
    const [a, b] = [await sqliteStore(directory, "a.db"), await sqliteStore(directory, "b.db")];
    await (await initVault({ store: a })).create({ name: "A", value: utf8("a") });
    await initVault({ store: b });
    await Promise.all([a.copyTo(b), b.copyTo(a)]);
    assert.deepEqual(await contentOf(b), await contentOf(a));
    await Promise.all([a.close(), b.close()]);
  });
});

test("a SqliteStore that was closed says LOCKED, and may be closed again", async () => {
  await withDirectory(async (directory) => {
    const [store, other] = [await sqliteStore(directory), await sqliteStore(directory, "b.db")];
    await store.close();
    await store.close();
    const calls = [
      () => store.read(() => Promise.resolve()),
      () => store.write(() => Promise.resolve()),
      () => store.problems(),
      () => store.copyTo(other),
      () => other.copyTo(store),
      () => store.replaceBy(other, () => Promise.resolve()),
    ];
    for (const call of calls) {
      await assert.rejects(call(), { name: "VaultError", code: "LOCKED" }, String(call));
    }
    await other.close();
  });
});

test(
  "SqliteStore.write() says so, and writes nothing, if its file was removed or replaced while it was open",
  {
    skip: process.platform === "win32" && "Windows removes no open file",
  },
  async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, "vault.db");
      const vault = await initVault({ store: await sqliteStore(directory) });
      await vault.create({ name: "A", value: utf8("a") });
      const gone = { name: "VaultError", code: "DISK" };
      await rename(path, `${path}.aside`);
      await assert.rejects(vault.create({ name: "B", value: utf8("b") }), gone);
      const other = await initVault({ store: await sqliteStore(directory, "other.db") });
      await other.close();
      await rename(join(directory, "other.db"), path);
      await assert.rejects(vault.create({ name: "B", value: utf8("b") }), gone);
      await rename(`${path}.aside`, path);
      await vault.create({ name: "B", value: utf8("b") });
      const { isIntact, secrets } = await vault.verify();
      assert.deepEqual([isIntact, secrets], [true, 2]);
      await vault.close();
    });
  },
);
