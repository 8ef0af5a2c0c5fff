/**
 * Key providers and keepers of the caller's own that do not keep to their types: the vault says so with a code, loses
 * nothing and keeps none of the keys.
 */
import assert from "node:assert/strict";
import test from "node:test";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { contentOf, initVault, KEK, OTHER_KEK, utf8 } from "../helpers/vaults.ts";
import { keylessProvider, type Watched, watchedKeeper } from "../helpers/watched_kek.ts";

const SETTINGS = { type: "keyless" };
const UNUSABLE = { name: "VaultError", code: "KEY_UNUSABLE" };

/** What is no key. */
const NO_KEYS: readonly unknown[] = [
  null,
  5,
  "k".repeat(32),
  [...KEK],
  new Uint16Array(32),
  KEK.buffer,
  {},
  new Uint8Array(),
  new Uint8Array(31),
  new Uint8Array(33),
];

function providersOf(needsPassphrase: boolean, changes: object): Map<string, KeyProvider> {
  return new Map([["keyless", { ...keylessProvider(needsPassphrase, KEK), ...changes }]]);
}

async function providedStore(): Promise<MemoryStore> {
  const store = new MemoryStore();
  const key = { settings: SETTINGS, kek: KEK };
  const vault = await Vault.init({ store, key, providers: providersOf(false, {}) });
  await vault.create({ name: "A", value: utf8("a") });
  await vault.close();
  return store;
}

for (const needsPassphrase of [false, true]) {
  const kind = needsPassphrase ? "with a passphrase" : "without a passphrase";
  test(`open() says KEY_UNUSABLE of a provider ${kind} that gives no key, changing nothing`, async () => {
    const store = await providedStore();
    const before = await contentOf(store);
    for (const given of [undefined, ...NO_KEYS]) {
      const providers = providersOf(needsPassphrase, {
        selfHeals: true,
        load: () => Promise.resolve(given),
      });
      await assert.rejects(Vault.open({ store, providers }), UNUSABLE, String(given));
      assert.deepEqual(await contentOf(store), before);
    }
  });
}

test("open() wipes the bytes that a provider gave, whatever their length", async () => {
  const store = await providedStore();
  for (const length of [31, 32, 33]) {
    const given = new Uint8Array(length).fill(7);
    const providers = providersOf(false, { load: () => Promise.resolve(given) });
    await assert.rejects(Vault.open({ store, providers }));
    assert.deepEqual(given, new Uint8Array(length));
  }
});

test("open() rejects with what a provider throws, whatever that is", async () => {
  const store = await providedStore();
  for (const thrown of [undefined, null, "a text", 5, new TypeError("its own")]) {
    const providers = providersOf(false, { load: () => Promise.reject(thrown) });
    const caught = await Vault.open({ store, providers }).then(() => "opened", (error) => error);
    assert.equal(caught, thrown);
  }
});

test("rotateMaster() loses nothing to a provider that gives no staged key", async () => {
  for (const given of NO_KEYS) {
    const store = await providedStore();
    const places = { present: KEK.slice(), staged: KEK.slice(0, 0) };
    const place = {
      load: () => Promise.resolve(places.present.slice()),
      stage: (_: unknown, kek: Uint8Array) => {
        places.staged = kek.slice();
        return Promise.resolve();
      },
      commit: () => {
        places.present = places.staged.slice();
        return Promise.resolve();
      },
    };
    const loadStaged = () => Promise.resolve(given);
    const vault = await Vault.open({ store, providers: providersOf(false, place) });
    const odd = await Vault.open({
      store,
      providers: providersOf(false, { ...place, loadStaged }),
    });
    await odd.rotateMaster({ settings: SETTINGS, kek: OTHER_KEK });
    for (const each of [odd, vault]) {
      assert.equal(await each.use("A", {}, (value) => value.length), 1, String(given));
    }
  }
});

test("open() says KEY_UNUSABLE of a keeper that gives the handle of another key, and gives it back", async () => {
  const store = await providedStore();
  const watched: Watched = { keys: [], open: 0 };
  const keeper = watchedKeeper(OTHER_KEK, watched);
  const before = await contentOf(store);
  await assert.rejects(Vault.open({ store, providers: providersOf(true, {}), keeper }), UNUSABLE);
  assert.equal(watched.open, 0);
  assert.deepEqual(await contentOf(store), before);
});

test("recover() refuses a new key that is none, changing nothing, and wipes what it was given", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  let recoveryKey: Uint8Array = new Uint8Array();
  const reader = (text: Uint8Array) => {
    recoveryKey = text.slice();
  };
  await vault.createRecoveryKey(reader, { kek: KEK });
  const before = await contentOf(store);
  for (const kek of NO_KEYS) {
    const next = () => Promise.resolve({ settings: { type: "caller" }, kek: kek as Uint8Array });
    await assert.rejects(Vault.recover({ store, recoveryKey, next }), RangeError);
    assert.deepEqual(await contentOf(store), before);
  }
  const given = { settings: { type: "caller" }, kek: OTHER_KEK.slice() };
  const unfit = { settings: { type: 5 as unknown as string }, kek: OTHER_KEK.slice() };
  const next = () => Promise.resolve(unfit);
  await assert.rejects(Vault.recover({ store, recoveryKey, next }), { code: "INVALID_INPUT" });
  assert.deepEqual(unfit.kek, new Uint8Array(32));
  await Vault.recover({ store, recoveryKey, next: () => Promise.resolve(given) });
  assert.deepEqual(given.kek, new Uint8Array(32));
});

test("recover() refuses a recovery key that is not bytes", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  let text = "";
  const reader = (key: Uint8Array) => {
    text = new TextDecoder().decode(key);
  };
  await vault.createRecoveryKey(reader, { kek: KEK });
  const next = () => Promise.reject(new Error("it was asked for"));
  const others: unknown[] = [text, undefined, null, 5, [...utf8(text)]];
  for (const given of others) {
    const recoveryKey = given as Uint8Array;
    await assert.rejects(Vault.recover({ store, recoveryKey, next }), (error: Error) => {
      assert.deepEqual([error.name, "code" in error && error.code], [
        "VaultError",
        "INVALID_INPUT",
      ]);
      assert.ok(!error.message.includes(text.slice(0, 8)));
      return true;
    });
  }
});

/** A provider that keeps its key in memory, as several processes would share it. */
function sharedProvider(): KeyProvider {
  const places: { present: Uint8Array; staged: Uint8Array | undefined } = {
    present: KEK.slice(),
    staged: undefined,
  };
  return {
    ...keylessProvider(false, KEK),
    load: () => Promise.resolve(places.present.slice()),
    loadStaged: () => Promise.resolve(places.staged?.slice()),
    stage: (_, kek) => {
      places.staged = kek.slice();
      return Promise.resolve();
    },
    commit: () => {
      places.present = places.staged ?? places.present;
      places.staged = undefined;
      return Promise.resolve();
    },
  };
}

test("a vault that was just made, or recovered, follows a rotation that another one does, as one that was opened", async () => {
  const store = new MemoryStore();
  const providers = new Map([["keyless", sharedProvider()]]);
  const made = await Vault.init({ store, key: { settings: SETTINGS, kek: KEK }, providers });
  await made.create({ name: "A", value: utf8("a") });
  const opened = await Vault.open({ store, providers });
  const other = await Vault.open({ store, providers });
  for (const fill of [1, 2]) {
    await other.rotateMaster({ settings: SETTINGS, kek: new Uint8Array(32).fill(fill) });
    for (const vault of [made, opened]) {
      assert.equal(await vault.use("A", {}, (value) => value.length), 1);
      await vault.rotate("A", utf8("b"));
    }
  }
  await made.rotateMaster({ settings: SETTINGS, kek: new Uint8Array(32).fill(3) });
  let recoveryKey: Uint8Array = new Uint8Array();
  await other.createRecoveryKey((text) => void (recoveryKey = text.slice()));
  const next = () => Promise.resolve({ settings: SETTINGS, kek: new Uint8Array(32).fill(4) });
  const recovered = await Vault.recover({ store, providers, recoveryKey, next });
  await other.rotateMaster({ settings: SETTINGS, kek: new Uint8Array(32).fill(5) });
  assert.equal(await recovered.use("A", {}, (value) => value.length), 1);
  assert.equal(await opened.use("A", {}, (value) => value.length), 1);
  await made.close();
  await assert.rejects(made.show("A"), { code: "LOCKED" });
});
