/**
 * What a vault does with the keys that it is lent: wiped after every operation, and given back at the end.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { Store } from "../../lib/vault/store.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { interceptedStore, type Interception } from "../helpers/intercepted_store.ts";
import { OPERATIONS, prepare } from "../helpers/operations.ts";
import { makeRecoveryKey } from "../helpers/recovery.ts";
import { initVault, KEK, OTHER_KEK, utf8 } from "../helpers/vaults.ts";
import { keylessProvider, type Watched, watchedKeeper } from "../helpers/watched_kek.ts";

const SETTINGS = { type: "keyless" };
const NEXT = { settings: SETTINGS, kek: OTHER_KEK };

interface Scene {
  readonly vault: Vault;
  readonly store: Store;
  readonly watched: Watched;
  readonly interception: Interception;
}

/** A vault that was opened through a keeper which watches its key. */
async function watchedVault(): Promise<Scene> {
  const interception: Interception = {};
  const store = interceptedStore(new MemoryStore(), interception);
  const providers = new Map([["keyless", keylessProvider(true, KEK)]]);
  await prepare(await Vault.init({ store, key: { settings: SETTINGS, kek: KEK }, providers }));
  const watched: Watched = { keys: [], open: 0 };
  const vault = await Vault.open({ store, providers, keeper: watchedKeeper(KEK, watched) });
  return { vault, store, watched, interception };
}

function assertWiped({ keys }: Watched): void {
  assert.ok(keys.length > 0, "it used no key");
  const left = keys.filter((key) => key.some((byte) => byte !== 0)).length;
  assert.equal(left, 0, `${left} of ${keys.length} keys were left`);
}

type Work = readonly [name: string, run: (vault: Vault) => Promise<unknown>];

const WRITES: readonly Work[] = OPERATIONS.map(({ name, run }): Work =>
  name === "rotateMaster()" ? [name, (vault) => vault.rotateMaster(NEXT)] : [name, run]
);
const READS: readonly Work[] = [
  ["show()", (vault) => vault.show("A")],
  ["verify()", (vault) => vault.verify()],
];
const MORE: readonly Work[] = [
  ["pruneAudit()", (vault) => vault.pruneAudit(Number.MAX_SAFE_INTEGER)],
  [
    "use() whose function throws",
    (vault) =>
      assert.rejects(vault.use("A", {}, () => Promise.reject(new RangeError("no"))), RangeError),
  ],
];

for (const [name, run] of [...WRITES, ...READS, ...MORE]) {
  test(`${name} wipes every key that it unwrapped or wrapped`, async () => {
    const { vault, watched } = await watchedVault();
    await run(vault);
    assertWiped(watched);
  });
}

for (const [name, run] of WRITES) {
  test(`${name} whose event cannot be written wipes every key all the same`, async () => {
    const { vault, watched, interception } = await watchedVault();
    let failed = false;
    interception.onCall = (method) => {
      if (method !== "appendAudit") return;
      failed = true;
      throw new RangeError("the event cannot be written");
    };
    await run(vault).catch(() => {});
    assert.ok(failed);
    assertWiped(watched);
  });
}

test("Vault.close() gives every handle of its key back, and a rotation those of the old key", async () => {
  const { vault, watched } = await watchedVault();
  assert.equal(watched.open, 1);
  await vault.rotateMaster(NEXT);
  assert.equal(watched.open, 0);
  await vault.close();
  const other = await watchedVault();
  await other.vault.show("A");
  await other.vault.close();
  assert.equal(other.watched.open, 0);
});

test("Vault.open() gives the handle back if the vault is refused", async () => {
  const { store } = await watchedVault();
  await store.write(async (writer) =>
    await writer.putVault({ ...await writer.vault(), createdAtMs: 1 })
  );
  const watched: Watched = { keys: [], open: 0 };
  const providers = new Map([["keyless", keylessProvider(true, KEK)]]);
  const keeper = watchedKeeper(KEK, watched);
  await assert.rejects(Vault.open({ store, providers, keeper }), { code: "INTEGRITY" });
  assertWiped(watched);
  assert.equal(watched.open, 0);
});

test("Vault.open() asks no keeper for a key that needs no passphrase", async () => {
  const store = new MemoryStore();
  const providers = new Map([["keyless", keylessProvider(false, KEK)]]);
  await Vault.init({ store, key: { settings: SETTINGS, kek: KEK }, providers });
  const keeper = { find: () => assert.fail("it was asked"), moved: () => Promise.resolve() };
  const vault = await Vault.open({ store, providers, keeper });
  await vault.create({ name: "A", value: utf8("a") });
});

for (const isRight of [true, false]) {
  const what = isRight ? "that it moved to" : "that it could not move to";
  test(`Vault.recover() wipes the new key ${what}`, async () => {
    const store = new MemoryStore();
    const vault = await initVault({ store });
    const recoveryKey = await makeRecoveryKey(vault, { kek: KEK });
    // The vault's own key cannot be its next one.
    const kek = (isRight ? OTHER_KEK : KEK).slice();
    const next = () => Promise.resolve({ settings: { type: "caller" }, kek });
    const recovered = Vault.recover({ store, recoveryKey, next });
    if (isRight) await recovered;
    else await assert.rejects(recovered, { code: "INVALID_INPUT" });
    assert.ok(kek.every((byte) => byte === 0));
  });
}

/** Runs `work`; gives every array that bytes equal to `bytes` were copied into meanwhile. */
async function copiesOf(bytes: Uint8Array, work: () => Promise<unknown>): Promise<Uint8Array[]> {
  const copies: Uint8Array[] = [];
  const prototype: { set: Uint8Array["set"] } = Object.getPrototypeOf(Uint8Array.prototype);
  const { set } = prototype;
  prototype.set = function (this: Uint8Array, source, offset) {
    const isCopy = source.length === bytes.length && bytes.every((byte, i) => source[i] === byte);
    if (isCopy) copies.push(this.subarray(offset ?? 0, (offset ?? 0) + bytes.length));
    set.call(this, source, offset);
  };
  try {
    await work();
  } finally {
    prototype.set = set;
  }
  return copies;
}

test("the copies of what a caller gives are wiped when the call is done, also when it fails", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  await vault.create({ name: "A", value: utf8("the first value of A") });
  const value = utf8("a value to look for");
  const again = new Uint8Array(32).fill(0xc3);
  const next = { settings: { type: "caller" }, kek: OTHER_KEK };
  const calls: [string, Uint8Array, () => Promise<unknown>][] = [
    ["create()", value, () => vault.create({ name: "B", value })],
    ["create() of a name that is taken", value, () => vault.create({ name: "B", value })],
    ["import()", value, () => vault.import([{ name: "C", value }])],
    ["import() that fails", value, () => vault.import([{ name: "C", value }])],
    ["rotate()", value, () => vault.rotate("A", value)],
    ["rotate() of no secret", value, () => vault.rotate("NONE", value)],
    ["init() where there is a vault", again, () => initVault({ store, kek: again })],
    [
      "rotateMaster() that fails",
      OTHER_KEK,
      () => vault.rotateMaster(next, () => Promise.reject(new RangeError("no"))),
    ],
    ["createRecoveryKey()", KEK, () => vault.createRecoveryKey(() => {}, { kek: KEK })],
  ];
  for (const [name, bytes, call] of calls) {
    const copies = await copiesOf(bytes, () => call().catch(() => {}));
    assert.ok(copies.length > 0, `${name} made no copy`);
    for (const copy of copies) {
      assert.ok(bytes.some((byte, i) => copy[i] !== byte), `${name} left a copy`);
    }
  }
});
