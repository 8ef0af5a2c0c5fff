/** The end of a vault: what `close()` reaches, whatever is under way, and what a callback may do with a value. */
import assert from "node:assert/strict";
import test from "node:test";
import { VaultError } from "../../lib/errors.ts";
import { callerKey, type KekKeeper, providedKey } from "../../lib/vault/keys/key_source.ts";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import { readRow } from "../../lib/vault/read_row.ts";
import type { Store } from "../../lib/vault/store.ts";
import { Vault } from "../../lib/vault/vault.ts";
import {
  collect,
  contentOf,
  initVault,
  KEK,
  openVault,
  OTHER_KEK,
  STORE_KINDS,
  utf8,
} from "../helpers/vaults.ts";
import { keylessProvider, type Watched, watchedKeeper } from "../helpers/watched_kek.ts";

const LOCKED = { name: "VaultError", code: "LOCKED" };
const SETTINGS = { type: "keyless" };

/** A promise, and what settles it. */
function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function rowOfProvidedVault() {
  const store = new MemoryStore();
  const providers = new Map([["keyless", keylessProvider(false, KEK)]]);
  await Vault.init({ store, key: { settings: SETTINGS, kek: KEK }, providers });
  return await readRow(store);
}

test("close() leaves no key behind that a provider gives only later", async () => {
  const row = await rowOfProvidedVault();
  const { promise, resolve } = deferred();
  const given = KEK.slice();
  const load = () => promise.then(() => given);
  const keys = providedKey(new Map([["keyless", { ...keylessProvider(false, KEK), load }]]));
  const asked = assert.rejects(keys.current(row), LOCKED);
  keys.close();
  resolve();
  await asked;
  assert.deepEqual(given, new Uint8Array(32));
  await assert.rejects(keys.current(row), LOCKED);
});

test("close() leaves no handle behind that a keeper gives only later", async () => {
  const row = await rowOfProvidedVault();
  const { promise, resolve } = deferred();
  const watched: Watched = { keys: [], open: 0 };
  const inner = watchedKeeper(KEK, watched);
  const keeper: KekKeeper = {
    ...inner,
    find: async (vaultId, kekId) => {
      await promise;
      return await inner.find(vaultId, kekId);
    },
  };
  const keys = providedKey(new Map([["keyless", keylessProvider(true, KEK)]]), keeper);
  const asked = assert.rejects(keys.current(row), LOCKED);
  keys.close();
  resolve();
  await asked;
  assert.equal(watched.open, 0);
});

test("close() holds while a rotation ends: the new key is not taken any more", async () => {
  const row = await rowOfProvidedVault();
  const caller = callerKey(KEK);
  const provided = providedKey(new Map([["keyless", keylessProvider(false, KEK)]]));
  for (const keys of [caller, provided]) {
    keys.close();
    await keys.adopt(KEK, row.vaultId);
    await assert.rejects(keys.current(row), LOCKED);
  }
});

test("a rotation during which the vault is closed is whole, and ends with LOCKED", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  await vault.create({ name: "A", value: utf8("a") });
  const next = { settings: { type: "caller" }, kek: OTHER_KEK };
  const closing: Promise<void>[] = [];
  const rotating = vault.rotateMaster(next, (step) => {
    if (step === "rewrapped") closing.push(vault.close());
  });
  await assert.rejects(rotating, LOCKED);
  await Promise.all(closing);
  await assert.rejects(openVault({ store }), { code: "KEY_STALE" });
  const again = await openVault({ store, kek: OTHER_KEK });
  assert.equal(await again.use("A", {}, (value) => value.length), 1);
});

test("after close() every method fails with LOCKED, whatever it is given", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  await vault.close();
  const group = { workspaceId: "W", groupId: "G" };
  const target = {
    check: () => Promise.reject(new RangeError("it looked")),
    withCopy: () => Promise.reject(new RangeError("it copied")),
    write: () => Promise.reject(new RangeError("it wrote")),
  };
  const nothing = new Uint8Array();
  const calls = [
    () => vault.create({ name: "", value: nothing }),
    () => vault.import([]),
    () => collect(vault.list()),
    () => vault.show(""),
    () => vault.update("", {}),
    () => vault.rotate("", nothing),
    () => vault.delete(""),
    () => vault.attachGroup("", { ...group, groupId: "" }),
    () => vault.detachGroup("", { ...group, groupId: "" }),
    () => vault.use("", { workspaceId: "" }, () => {}),
    () => vault.rotateMaster({ settings: { type: "" }, kek: nothing }),
    () => vault.createRecoveryKey(() => {}),
    () => vault.createRecoveryKey(() => {}, { kek: nothing }),
    () => vault.revokeRecoveryKey(),
    () => vault.createBackup(target),
    () => vault.audit({ limit: 0 }),
    () => vault.verify({ head: "" }),
    () => vault.pruneAudit(Number.NaN),
    () => vault.recordLock("vault.lock"),
    () => vault.info(),
  ];
  const methods = Object.getOwnPropertyNames(Vault.prototype)
    .filter((name) => !["constructor", "close"].includes(name));
  const called = calls.map((call) => /vault\.(\w+)\(/.exec(String(call))?.[1]);
  assert.deepEqual(new Set(called), new Set(methods));
  for (const call of calls) await assert.rejects(call(), LOCKED, String(call));
});

test("close() twice closes the store once, and neither ends before it is closed", async () => {
  const { promise, resolve } = deferred();
  let isClosed = false;
  let count = 0;
  const inner = new MemoryStore();
  const store: Store = {
    read: (work) => inner.read(work),
    write: (work) => inner.write(work),
    async close() {
      count++;
      await promise;
      isClosed = true;
    },
  };
  const vault = await initVault({ store });
  const both = [vault.close(), vault.close()].map(async (closing) => {
    await closing;
    return isClosed;
  });
  setTimeout(resolve, 1);
  assert.deepEqual(await Promise.all(both), [true, true]);
  assert.equal(count, 1);
});

test("close() within use() leaves the value to its callback, and wipes it afterwards", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  await vault.create({ name: "A", value: utf8("a") });
  let kept: Uint8Array = new Uint8Array();
  const text = await vault.use("A", {}, async (value) => {
    kept = value;
    await vault.close();
    return new TextDecoder().decode(value);
  });
  assert.equal(text, "a");
  assert.deepEqual(kept, new Uint8Array(1));
});

test("use() gives what its callback gives, also if that has given the bytes away", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  await vault.create({ name: "A", value: utf8("abc") });
  const give = (value: Uint8Array) =>
    structuredClone(value, { transfer: [value.buffer as ArrayBuffer] }).length;
  assert.equal(await vault.use("A", {}, give), 3);
  assert.equal(await vault.use("A", {}, (value) => value.length), 3);
});

test("a thousand calls at once all take place, and the vault verifies", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  await vault.create({ name: "A", value: utf8("a") });
  const calls = Array.from({ length: 1_000 }, async (_, n) => {
    if (n % 4 === 0) {
      return (await vault.create({ name: `N${n}`, value: utf8(`${n}`) })).valueVersion;
    }
    if (n % 4 === 1) return await vault.use("A", {}, (value) => value.length);
    if (n % 4 === 2) return (await vault.rotate("A", utf8("b"))).valueVersion > 1 ? 1 : 0;
    return (await vault.show("A")).name.length;
  });
  assert.deepEqual(new Set(await Promise.all(calls)), new Set([1]));
  const { isIntact, secrets } = await vault.verify();
  assert.ok(isIntact);
  assert.equal(secrets, 251);
});

test("list() may be left early, run beside another one, and see the vault change", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  for (let n = 0; n < 5; n++) await vault.create({ name: `N${n}`, value: utf8("a") });
  const [left, other] = [vault.list(), vault.list()];
  await left.next();
  await left.return(undefined);
  let count = 0;
  for await (const { id } of other) {
    count++;
    await vault.delete(id);
  }
  assert.equal(count, 5);
  assert.deepEqual(await collect(vault.list()), []);
});

test("open() and init() leave the store open when they fail: it is the caller's to close", async () => {
  let closed = 0;
  const inner = new MemoryStore();
  const store: Store = {
    read: (work) => inner.read(work),
    write: (work) => inner.write(work),
    close: () => Promise.resolve(void closed++),
  };
  await assert.rejects(openVault({ store }), { code: "NOT_FOUND" });
  const vault = await initVault({ store });
  await assert.rejects(initVault({ store }), { code: "ALREADY_EXISTS" });
  await assert.rejects(openVault({ store, kek: OTHER_KEK }), { code: "WRONG_KEY" });
  assert.equal(closed, 0);
  await vault.create({ name: "A", value: utf8("a") });
  await vault.close();
  assert.equal(closed, 1);
});

/** Errors of a caller's own that look like those of SQLite, of the disk or of the vault. */
const THEIRS: readonly unknown[] = [
  Object.assign(new Error("their file"), { code: "ENOENT" }),
  Object.assign(new Error("their disk"), { code: "ENOSPC" }),
  Object.assign(new RangeError("their number"), { code: "ERR_OUT_OF_RANGE" }),
  Object.assign(new Error("database is locked"), { code: "ERR_SQLITE_ERROR", errcode: 5 }),
  new VaultError("INTEGRITY", "open their vault", "it is damaged"),
  new VaultError("KEY_STALE", "open their vault", "its key is old"),
  "a text",
  undefined,
];

for (const { name: kind, withStore } of STORE_KINDS) {
  test(`what a caller's own function fails with is passed on as it is, in a ${kind}`, async () => {
    await withStore(async (store) => {
      const vault = await initVault({ store });
      await vault.create({ name: "A", value: utf8("a") });
      const before = await contentOf(store);
      for (const thrown of THEIRS) {
        const fail = (): never => {
          throw thrown;
        };
        const failing = { [Symbol.iterator]: fail };
        const next = { settings: { type: "caller" }, kek: OTHER_KEK };
        const calls: [string, () => Promise<unknown>][] = [
          ["import()", () => vault.import(failing)],
          ["onEvent", () => vault.verify({ onEvent: fail })],
          ["read()", () => store.read(fail)],
          ["write()", () => store.write(fail)],
          ["reader", () => vault.createRecoveryKey(fail, { kek: KEK })],
          ["now", async () => await openVault({ store, now: fail }).then((own) => own.delete("A"))],
        ];
        for (const [name, call] of calls) {
          const caught = await call().then(() => "nothing", (error: unknown) => error);
          assert.equal(caught, thrown, name);
        }
        assert.deepEqual(await contentOf(store), before);
        const rotating = vault.rotateMaster(next, (step) => step === "staged" ? fail() : undefined);
        assert.equal(await rotating.then(() => "nothing", (error: unknown) => error), thrown);
      }
      assert.ok((await vault.verify()).isIntact);
      await vault.close();
    });
  });
}
