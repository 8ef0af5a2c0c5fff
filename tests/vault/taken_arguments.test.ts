/**
 * What a caller gives is taken when the vault is asked: what becomes of the caller's own arrays and objects while the
 * call is under way changes nothing.
 */
import assert from "node:assert/strict";
import test from "node:test";
import type { KeyProviders } from "../../lib/vault/keys/key_source.ts";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { Store } from "../../lib/vault/store.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { initVault, KEK, openVault, OTHER_KEK, STORE_KINDS, utf8 } from "../helpers/vaults.ts";
import { forgetful } from "../helpers/forgetful.ts";
import { makeRecoveryKey } from "../helpers/recovery.ts";
import { keylessProvider } from "../helpers/watched_kek.ts";

const VALUE = utf8("the value");
const CALLER = { type: "caller" };

async function onEveryStore(work: (store: Store) => Promise<void>): Promise<void> {
  for (const { withStore } of STORE_KINDS) await withStore(work);
}

async function assertValue(vault: Vault, ref: string, value: Uint8Array): Promise<void> {
  await vault.use(ref, {}, (lent) => assert.deepEqual(lent, value));
}

test("init() takes the caller's key at once: wiped before it is done, it is still the vault's", async () => {
  await onEveryStore(async (store) => {
    const kek = KEK.slice();
    const making = Vault.init({ store, kek });
    kek.fill(0);
    const vault = await making;
    await vault.create({ name: "A", value: VALUE });
    await assertValue(await openVault({ store }), "A", VALUE);
  });
});

test("open() takes the caller's key at once", async () => {
  const store = new MemoryStore();
  await initVault({ store });
  const kek = KEK.slice();
  const opening = Vault.open({ store, kek });
  kek.fill(0);
  await (await opening).create({ name: "A", value: VALUE });
});

test("init() takes a provider's key and settings at once", async () => {
  await onEveryStore(async (store) => {
    // The type need not stand first.
    const key = { kek: KEK.slice(), settings: { place: "here", type: "keyless" } };
    const making = Vault.init({
      store,
      key,
      providers: new Map([["keyless", keylessProvider(false, KEK)]]),
    });
    key.kek.fill(0);
    key.settings.place = "elsewhere";
    const { provider } = await (await making).info();
    assert.deepEqual(provider, { type: "keyless", place: "here" });
    await Vault.open({ store, providers: new Map([["keyless", keylessProvider(false, KEK)]]) });
  });
});

for (const [when, wipeAt] of [["at once", undefined], ["at the step staged", "staged"]] as const) {
  test(`rotateMaster() takes the new key at once: wiped ${when}, it is still the vault's`, async () => {
    await onEveryStore(async (store) => {
      const vault = await initVault({ store });
      await vault.create({ name: "A", value: VALUE });
      const next = { settings: { ...CALLER }, kek: OTHER_KEK.slice() };
      const rotating = vault.rotateMaster(next, (step) => {
        if (step === wipeAt) next.kek.fill(0);
      });
      if (wipeAt === undefined) {
        next.kek.fill(0);
        next.settings.type = "changed";
      }
      await rotating;
      await assertValue(vault, "A", VALUE);
      await assertValue(await openVault({ store, kek: OTHER_KEK }), "A", VALUE);
    });
  });
}

for (const [what, spoil] of SPOILERS()) {
  test(`create() and rotate() take the value at once: ${what} before they are done, it is kept as it was`, async () => {
    await onEveryStore(async (store) => {
      const vault = await initVault({ store });
      const first = VALUE.slice();
      const creating = vault.create({ name: "A", value: first });
      spoil(first);
      await creating;
      await assertValue(vault, "A", VALUE);
      const second = utf8("another value");
      const rotating = vault.rotate("A", second);
      spoil(second);
      await rotating;
      await assertValue(vault, "A", utf8("another value"));
    });
  });
}

function SPOILERS(): [string, (bytes: Uint8Array) => void][] {
  return [
    ["wiped", (bytes) => bytes.fill(0)],
    [
      "given away",
      (bytes) => void structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] }),
    ],
  ];
}

test("recover() and createRecoveryKey() take their keys at once", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  await vault.create({ name: "A", value: VALUE });
  const kek = KEK.slice();
  let text: Uint8Array = new Uint8Array();
  const making = vault.createRecoveryKey((lent) => void (text = lent.slice()), { kek });
  kek.fill(0);
  await making;
  const recoveryKey = text.slice();
  const next = () => Promise.resolve({ settings: CALLER, kek: OTHER_KEK.slice() });
  const recovering = Vault.recover({ store, recoveryKey, next });
  recoveryKey.fill(0);
  await assertValue(await recovering, "A", VALUE);
});

test("recover() takes its providers, and verify() its listener, at once", async () => {
  const store = new MemoryStore();
  const recoveryKey = await makeRecoveryKey(await initVault({ store }), { kek: KEK });
  const provider = forgetful({});
  const next = () => provider.create({});
  const options: { providers?: KeyProviders | undefined } & Parameters<typeof Vault.recover>[0] = {
    store,
    recoveryKey,
    next,
    providers: new Map([["forgetful", provider]]),
  };
  const recovering = Vault.recover(options);
  options.providers = undefined;
  const vault = await recovering;
  await vault.rotateMaster(await provider.next({ type: "forgetful" }, {}));
  let events = 0;
  const asked: { onEvent?: () => void } = { onEvent: () => void events++ };
  const verifying = vault.verify(asked);
  delete asked.onEvent;
  assert.equal((await verifying).events, events);
});

test("create() takes only the bytes of a view, of whatever kind its buffer is", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  // A browser has shared buffers for some pages only.
  const Shared = typeof SharedArrayBuffer === "undefined" ? ArrayBuffer : SharedArrayBuffer;
  const shared = new Uint8Array(new Shared(20), 3, VALUE.length);
  shared.set(VALUE);
  const resizable = new Uint8Array(new ArrayBuffer(9, { maxByteLength: 40 }));
  resizable.set(VALUE);
  class Own extends Uint8Array {}
  const values = [shared, resizable, Own.from(VALUE), Uint8Array.of(0, ...VALUE).subarray(1)];
  for (const [i, value] of values.entries()) {
    const creating = vault.create({ name: `A${i}`, value });
    if (value === resizable) resizable.buffer.resize(40);
    await creating;
    await assertValue(vault, `A${i}`, VALUE);
    await vault.rotate(`A${i}`, value.subarray(0, 3));
    await assertValue(vault, `A${i}`, VALUE.slice(0, 3));
  }
});

test("import() takes each secret when it is yielded", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  const value = new Uint8Array(1);
  const made = await vault.import((function* () {
    for (const byte of [1, 2, 3]) yield { name: `A${byte}`, value: value.fill(byte) };
    value.fill(9);
  })());
  assert.equal(made.length, 3);
  for (const byte of [1, 2, 3]) await assertValue(vault, `A${byte}`, Uint8Array.of(byte));
});

test("create() and update() take names, scope, aliases and expiry at once", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  const scope = { kind: "workspace" as const, workspaceId: "W" };
  const secret = { name: "A", value: VALUE, scope, aliases: ["a"], expiresAtMs: 5 };
  const creating = vault.create(secret);
  scope.workspaceId = "X";
  secret.name = "CHANGED";
  secret.aliases.push("more");
  secret.expiresAtMs = 7;
  const created = await creating;
  assert.deepEqual([created.name, created.scope], ["A", { kind: "workspace", workspaceId: "W" }]);
  assert.deepEqual([created.aliases, created.expiresAtMs], [["a"], 5]);

  scope.workspaceId = "W";
  const changes = { name: "B", aliases: ["b"], expiresAtMs: 6 };
  const updating = vault.update("A", changes, { scope });
  scope.workspaceId = "X";
  changes.name = "CHANGED";
  changes.aliases.push("more");
  changes.expiresAtMs = 7;
  const { name, aliases, expiresAtMs } = await updating;
  assert.deepEqual([name, aliases, expiresAtMs], ["B", ["b"], 6]);
});

test("what a secret is named by, its scope and the group are taken at once", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  const scope = { kind: "workspace" as const, workspaceId: "W" };
  const { id } = await vault.create({ name: "A", value: VALUE, scope });
  const group = { workspaceId: "W", groupId: "G" };
  const there = { kind: "workspace" as const, workspaceId: "W" };
  const attempts: (() => Promise<unknown>)[] = [
    () => vault.show("A", { scope: there }),
    () => vault.rotate("A", VALUE, { scope: there }),
    () => vault.attachGroup("A", group, { scope: there }),
    () => vault.detachGroup("A", group, { scope: there }),
    () => vault.use("A", there, () => {}),
    async () => assert.equal((await Array.fromAsync(listing(vault, there))).length, 1),
    () => vault.delete("A", { scope: there }),
  ];
  for (const attempt of attempts) {
    Object.assign(there, { workspaceId: "W" });
    group.groupId = "G";
    const trying = attempt();
    Object.assign(there, { workspaceId: "elsewhere" });
    group.groupId = "H";
    await trying;
  }
  const groups = (await vault.audit()).map(({ note }) => note).filter((note) => note !== "");
  assert.deepEqual(groups, ["group W/G", "group W/G", "caller"]);
  await assert.rejects(vault.show(id), { code: "NOT_FOUND" });
});

function listing(vault: Vault, scope: { kind: "workspace"; workspaceId: string }) {
  return vault.list({ scope });
}

/** Changes all that can be changed of `value`, however deep. */
function spoil(value: unknown): void {
  if (ArrayBuffer.isView(value)) return void (value as Uint8Array).fill(0xee);
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    spoil(inner);
    Reflect.set(value, key, "spoilt");
  }
  if (Array.isArray(value) && !Object.isFrozen(value)) value.push("spoilt");
}

test("an expiry of either zero is kept as the one that every store keeps", async () => {
  await onEveryStore(async (store) => {
    const vault = await initVault({ store });
    const created = await vault.create({ name: "A", value: VALUE, expiresAtMs: -0 });
    const { expiresAtMs } = await vault.show("A");
    assert.ok(Object.is(created.expiresAtMs, 0) && Object.is(expiresAtMs, 0));
  });
});

test("what a vault gives is a copy: changing it changes nothing", async () => {
  await onEveryStore(async (store) => {
    const group = { workspaceId: "W", groupId: "G" };
    const key = { kek: KEK, settings: { type: "keyless", list: [{ place: "here" }] } };
    const providers = new Map([["keyless", keylessProvider(false, KEK)]]);
    const vault = await Vault.init({ store, key, providers });
    const scope = { kind: "workspace" as const, workspaceId: "W" };
    const gives: (() => Promise<unknown>)[] = [
      () => vault.create({ name: "A", value: VALUE, aliases: ["a", "b"], scope }),
      () => vault.import([{ name: "B", value: VALUE, aliases: ["c"] }]),
      () => vault.attachGroup("A", group, { scope }),
      () => vault.update("A", { aliases: ["a", "d"] }, { scope }),
      () => vault.rotate("A", VALUE, { scope }),
      () => vault.show("A", { scope }),
      () => Array.fromAsync(vault.list()),
      () => vault.audit(),
      () => vault.info(),
      () => vault.verify(),
      () => vault.use("A", group, (_, secret) => secret),
      () => vault.verify({ onEvent: (event) => spoil(event) }),
    ];
    for (const give of gives) {
      spoil(await give());
      assert.ok((await vault.verify()).isIntact, String(give));
    }
    const { aliases, attachedGroups, name } = await vault.show("A", { scope });
    assert.deepEqual([name, aliases, attachedGroups], ["A", ["a", "d"], [group]]);
    assert.deepEqual((await vault.info()).provider, key.settings);
    await vault.use("A", group, (value) => {
      assert.equal(value.buffer.byteLength, VALUE.length, "its buffer holds something else too");
      assert.deepEqual(value, VALUE);
    });
  });
});
