/** A recovery key: a second way to the vault's key, made once, kept by rotations, taken away. */
import assert from "node:assert/strict";
import test from "node:test";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { Store } from "../../lib/vault/store.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { vaultInfo } from "../../lib/vault/vault_info.ts";
import { ATTACHED, prepare } from "../helpers/operations.ts";
import { eventKinds, makeRecoveryKey, storedRecovery } from "../helpers/recovery.ts";
import {
  contentOf,
  initVault,
  KEK,
  openVault,
  OTHER_KEK,
  START_MS,
  STORE_KINDS,
  utf8,
} from "../helpers/vaults.ts";

const CALLER = { type: "caller" };
const LAST_KEK = new Uint8Array(32).fill(0x77);

function recover(store: Store, recoveryKey: Uint8Array, kek = LAST_KEK): Promise<Vault> {
  const next = () => Promise.resolve({ settings: CALLER, kek: kek.slice() });
  return Vault.recover({ store, recoveryKey, next, actor: "test", now: () => START_MS });
}

const lent = (vault: Vault, name: string, context = {}): Promise<string> =>
  vault.use(name, context, (value) => new TextDecoder().decode(value));

for (const { name, withStore } of STORE_KINDS) {
  test(`Vault.recover() on ${name} opens every secret by the recovery key alone`, async () => {
    await withStore(async (store) => {
      const vault = await initVault({ store });
      await prepare(vault);
      assert.equal((await vaultInfo(store)).recoveryCreatedAtMs, null);
      const recoveryKey = await makeRecoveryKey(vault, { kek: KEK });
      const recovered = await recover(store, recoveryKey);
      assert.equal(await lent(recovered, "A"), "the value of A");
      assert.equal(await lent(recovered, "A", ATTACHED), "the value of A");
      assert.equal(await lent(recovered, "B"), "the value of B");
      const kinds = await eventKinds(store);
      const from = kinds.indexOf("recovery.create");
      assert.deepEqual(kinds.slice(from, from + 3), [
        "recovery.create",
        "vault.rotate-master",
        "recovery.use",
      ]);
      await assert.rejects(openVault({ store }), { code: "KEY_STALE" });
      assert.equal(await lent(await openVault({ store, kek: LAST_KEK }), "B"), "the value of B");
    });
  });

  test(`rotateMaster() on ${name} keeps the recovery key working, without it being there`, async () => {
    await withStore(async (store) => {
      const vault = await initVault({ store });
      await prepare(vault);
      const recoveryKey = await makeRecoveryKey(vault, { kek: KEK });
      const before = await storedRecovery(store);
      for (const fill of [1, 2, 3]) {
        await vault.rotateMaster({ settings: CALLER, kek: new Uint8Array(32).fill(fill) });
      }
      const after = await storedRecovery(store);
      assert.equal(after?.publicKey, before?.publicKey);
      assert.notEqual(after?.sealedKek, before?.sealedKek);
      const recovered = await recover(store, recoveryKey);
      assert.equal(await lent(recovered, "A"), "the value of A");
      // It stays the recovery key after it was used.
      const again = await recover(store, recoveryKey, new Uint8Array(32).fill(4));
      assert.equal(await lent(again, "A"), "the value of A");
    });
  });
}

test("Vault.recover() refuses another recovery key with WRONG_KEY, on record, and changes nothing else", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  await prepare(vault);
  await makeRecoveryKey(vault, { kek: KEK });
  const other = await initVault({ store: new MemoryStore() });
  const wrong = await makeRecoveryKey(other, { kek: KEK });
  const { audit: _, vault: before, ...content } = await contentOf(store);
  const next = () => assert.fail("a new key was asked for");
  await assert.rejects(Vault.recover({ store, recoveryKey: wrong, next }), { code: "WRONG_KEY" });
  const { audit: __, vault: after, ...same } = await contentOf(store);
  assert.deepEqual(same, content);
  assert.equal((await eventKinds(store)).at(-1), "recovery.use.failed");
  for (const [field, value] of Object.entries(Object(before))) {
    if (!["auditSeq", "auditMac", "auditKey"].includes(field)) {
      assert.deepEqual(Object(after)[field], value, field);
    }
  }
});

test("Vault.recover() says which group was mistyped, and that is not on record", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  const recoveryKey = await makeRecoveryKey(vault, { kek: KEK });
  recoveryKey[11] = recoveryKey[11] === 0x41 ? 0x42 : 0x41;
  const before = await contentOf(store);
  await assert.rejects(recover(store, recoveryKey), {
    code: "INVALID_INPUT",
    message: "open the vault: group 2 of the recovery key was mistyped",
  });
  assert.deepEqual(await contentOf(store), before);
});

test("createRecoveryKey() stores nothing if its reader throws, and wipes what it lent", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  const before = await contentOf(store);
  const texts: Uint8Array[] = [];
  await assert.rejects(
    vault.createRecoveryKey((text) => {
      texts.push(text);
      assert.equal(text.length, 71);
      throw new RangeError("not confirmed");
    }, { kek: KEK }),
    RangeError,
  );
  assert.deepEqual(await contentOf(store), before);
  await vault.createRecoveryKey((text) => void texts.push(text), { kek: KEK });
  assert.equal(texts.length, 2);
  for (const text of texts) assert.ok(text.every((byte) => byte === 0));
});

test("createRecoveryKey() refuses a second one, unless it takes the place of the first", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  const first = await makeRecoveryKey(vault, { kek: KEK });
  const before = await contentOf(store);
  await assert.rejects(
    vault.createRecoveryKey(() => assert.fail("it was shown"), { kek: KEK }),
    { code: "ALREADY_EXISTS" },
  );
  assert.deepEqual(await contentOf(store), before);
  const second = await makeRecoveryKey(vault, { kek: KEK, replace: true });
  assert.notDeepEqual(second, first);
  await assert.rejects(recover(store, first), { code: "WRONG_KEY" });
  await recover(store, second);
});

test("createRecoveryKey() refuses a key that is not the vault's, and a caller's vault without one", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  const reader = () => assert.fail("it was shown");
  await assert.rejects(vault.createRecoveryKey(reader, { kek: OTHER_KEK }), { code: "WRONG_KEY" });
  await assert.rejects(vault.createRecoveryKey(reader), RangeError);
});

test("createRecoveryKey() stores nothing when the master key was rotated while it was shown", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  const rotate = async () => {
    await (await openVault({ store })).rotateMaster({ settings: CALLER, kek: OTHER_KEK });
  };
  await assert.rejects(vault.createRecoveryKey(rotate, { kek: KEK }), { code: "WRONG_KEY" });
  assert.equal(await storedRecovery(store), null);
});

test("createRecoveryKey() stores nothing when another one was made while it was shown", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  let first: Uint8Array | undefined;
  const other = async () => {
    first = await makeRecoveryKey(await openVault({ store }), { kek: KEK });
  };
  await assert.rejects(vault.createRecoveryKey(other, { kek: KEK }), { code: "ALREADY_EXISTS" });
  assert.ok(first !== undefined);
  await recover(store, first);
});

test("revokeRecoveryKey() makes the recovery key useless, and is on record", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  await assert.rejects(vault.revokeRecoveryKey(), { code: "NOT_FOUND" });
  const recoveryKey = await makeRecoveryKey(vault, { kek: KEK });
  await vault.revokeRecoveryKey();
  assert.equal((await eventKinds(store)).at(-1), "recovery.revoke");
  assert.equal((await vaultInfo(store)).recoveryCreatedAtMs, null);
  await assert.rejects(recover(store, recoveryKey), { code: "NOT_FOUND" });
});

test("Vault.recover() leaves a damaged secret behind, and brings back every other one", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  await prepare(vault);
  const recoveryKey = await makeRecoveryKey(vault, { kek: KEK });
  const { id } = await vault.show("EXPIRED");
  await store.write((writer) => writer.rewrapSecret(id, "no such key", new Uint8Array(72)));
  // Whoever has the key is told to remove it first.
  const next = { settings: CALLER, kek: OTHER_KEK };
  await assert.rejects(vault.rotateMaster(next), { code: "INTEGRITY" });
  const recovered = await recover(store, recoveryKey);
  assert.equal(await lent(recovered, "A"), "the value of A");
  assert.equal(await lent(recovered, "B"), "the value of B");
  await assert.rejects(recovered.show(id), { code: "INTEGRITY" });
});

test("a recovery key of a vault opens no copy of it under another id", async () => {
  const store = new MemoryStore();
  const recoveryKey = await makeRecoveryKey(await initVault({ store }), { kek: KEK });
  const twin = new MemoryStore();
  await initVault({ store: twin });
  await makeRecoveryKey(await openVault({ store: twin }), { kek: KEK });
  const recovery = await storedRecovery(store);
  await twin.write(async (writer) => writer.putVault({ ...await writer.vault(), recovery }));
  await assert.rejects(recover(twin, recoveryKey), { code: "WRONG_KEY" });
});

test("Vault.recover() takes the recovery key as people type it", async () => {
  const store = new MemoryStore();
  const recoveryKey = await makeRecoveryKey(await initVault({ store }), { kek: KEK });
  const typed = new TextDecoder().decode(recoveryKey).toLowerCase().replaceAll("-", " ");
  await recover(store, utf8(`${typed}\n`));
});
