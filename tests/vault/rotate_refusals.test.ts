/**
 * What a rotation of the master key refuses, and what it leaves alone, on a vault that was opened before.
 */
import assert from "node:assert/strict";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { Store, StoreWriter } from "../../lib/vault/store.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { MAX_RETIRED_KEK_IDS } from "../../lib/vault/vault_row.ts";
import { fileKeyProvider } from "../../providers/keys/file.ts";
import { forgetful } from "../helpers/forgetful.ts";
import { withDirectory } from "../helpers/program.ts";
import { run, withRaw } from "../helpers/raw_database.ts";
import { contentOf, initVault, KEK, openVault, sqliteStore, utf8 } from "../helpers/vaults.ts";

const CALLER = { type: "caller" };
const KEY_TEXT = `${btoa("k".repeat(32))}\n`;
const keyOf = (fill: number) => ({ settings: CALLER, kek: new Uint8Array(32).fill(fill) });

test("rotateMaster() refuses every key that the vault had before, changing nothing", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  await vault.create({ name: "A", value: utf8("a") });
  for (const fill of [1, 2]) await vault.rotateMaster(keyOf(fill));
  const before = await contentOf(store);
  for (const next of [{ settings: CALLER, kek: KEK.slice() }, keyOf(1), keyOf(2)]) {
    await assert.rejects(vault.rotateMaster(next), { code: "INVALID_INPUT" });
    assert.deepEqual(await contentOf(store), before);
  }
});

test("rotateMaster() remembers the newest of the earlier keys, and not all of them", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  const ids: string[] = [];
  for (let fill = 1; fill <= MAX_RETIRED_KEK_IDS + 2; fill++) {
    ids.unshift((await vault.info()).kekId);
    await vault.rotateMaster(keyOf(fill));
  }
  const row = await store.read((reader) => reader.vault());
  assert.deepEqual(row?.retiredKekIds, ids.slice(0, MAX_RETIRED_KEK_IDS));
});

test("rotateMaster() refuses a secret that is said to be under another key", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  const { id } = await vault.create({ name: "A", value: utf8("a") });
  await store.write(async (writer) => {
    const wrapped = (await writer.secret(id))?.wrappedDek;
    assert.ok(wrapped instanceof Uint8Array);
    await writer.rewrapSecret(id, "0".repeat(32), wrapped);
  });
  await assert.rejects(vault.rotateMaster(keyOf(1)), { code: "INTEGRITY" });
});

test("rotateMaster() refuses a store that does not give all its secrets, changing nothing", async () => {
  const store = new MemoryStore();
  await (await initVault({ store })).import(
    ["A", "B", "C"].map((name) => ({ name, value: utf8(name) })),
  );
  const hiding: Store = {
    read: (work) => store.read(work),
    write: (work) => store.write((writer) => work(withoutFirst(writer))),
    close: () => store.close(),
  };
  const vault = await Vault.open({ store: hiding, kek: KEK });
  const { secrets } = await contentOf(store);
  await assert.rejects(vault.rotateMaster(keyOf(1)), { code: "INTEGRITY" });
  assert.deepEqual((await contentOf(store)).secrets, secrets);
  assert.equal(await (await openVault({ store })).use("A", {}, (value) => value.length), 1);
});

function withoutFirst(writer: StoreWriter): StoreWriter {
  return new Proxy(writer, {
    get(target, method) {
      if (method === "secrets") {
        return async (after: string | undefined, limit: number) =>
          (await target.secrets(after, limit)).slice(1);
      }
      const member: unknown = Reflect.get(target, method);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

test("rotateMaster() does nothing by a note that somebody wrote after the vault was opened", async () => {
  await withDirectory(async (directory) => {
    const provider = fileKeyProvider({
      vaultDirectory: directory,
      defaultPath: join(directory, "kek.key"),
    });
    const providers = new Map([["file", provider]]);
    const key = await provider.create({});
    const store = await sqliteStore(directory);
    const vault = await Vault.init({ store, key, providers });
    const { kekId } = await vault.info();
    const theirs = join(directory, "theirs.key");
    await writeFile(`${theirs}.next`, KEY_TEXT, { mode: 0o600 });
    for (const toKekId of [kekId, "0".repeat(32)]) {
      const note = JSON.stringify({
        from: key.settings,
        to: { type: "file", path: theirs },
        toKekId,
      });
      withRaw(
        join(directory, "vault.db"),
        (raw) => run(raw, "update vault set rotation = ?", note),
      );
      const next = await provider.next(key.settings, {});
      await assert.rejects(vault.rotateMaster(next), { code: "INTEGRITY" });
      assert.equal(await readFile(`${theirs}.next`, "utf8"), KEY_TEXT);
      await assert.rejects(access(theirs), { code: "ENOENT" });
    }
    await vault.close();
  });
});

for (const isTheirs of [true, false]) {
  const what = isTheirs
    ? "leaves a key file that now holds another key"
    : "removes the old key file";
  test(`rotateMaster() to another provider ${what}`, async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, "kek.key");
      const file = fileKeyProvider({ vaultDirectory: directory, defaultPath: path });
      const other = forgetful({});
      const providers = new Map([["file", file], ["forgetful", other]]);
      const key = await file.create({});
      const vault = await Vault.init({ store: new MemoryStore(), key, providers });
      const next = await other.next({ type: "forgetful" }, {});
      await vault.rotateMaster(next, async (step) => {
        if (step === "stored" && isTheirs) await writeFile(path, KEY_TEXT);
      });
      if (isTheirs) assert.equal(await readFile(path, "utf8"), KEY_TEXT);
      else await assert.rejects(access(path), { code: "ENOENT" });
    });
  });
}
