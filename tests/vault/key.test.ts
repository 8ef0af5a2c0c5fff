/**
 * A vault and its key: another key opens nothing and writes nothing, and a closed vault has none.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { ProviderSettings } from "../../lib/vault/vault_row.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { vaultInfo } from "../../lib/vault/vault_info.ts";
import { ATTACHED, OPERATIONS, prepare } from "../helpers/operations.ts";
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

const CALLER: ProviderSettings = { type: "caller" };

test("Vault.init() stores a kekId that commits to the key and the vault", async () => {
  const ids = new Set<string>();
  for (const kek of [KEK, KEK, OTHER_KEK]) {
    const { vaultId, kekId } = await (await initVault({ store: new MemoryStore(), kek })).info();
    // RFC 5869 by another implementation than the vault's.
    const { subtle } = globalThis.crypto;
    const key = await subtle.importKey("raw", new Uint8Array(kek), "HKDF", false, ["deriveBits"]);
    const algorithm = {
      name: "HKDF",
      hash: "SHA-256",
      salt: new Uint8Array(utf8(vaultId)),
      info: new Uint8Array(utf8("aivault/v3/kek-id")),
    };
    const expected = new Uint8Array(await subtle.deriveBits(algorithm, key, 128));
    assert.equal(kekId, Buffer.from(expected).toString("hex"));
    ids.add(kekId);
  }
  assert.equal(ids.size, 3);
});

test("Vault.open() refuses another key with WRONG_KEY, before anything is written", async () => {
  const almost = KEK.slice();
  almost[31] = (almost[31] ?? 0) ^ 1;
  for (const { withStore } of STORE_KINDS) {
    await withStore(async (store) => {
      await prepare(await initVault({ store }));
      const before = await contentOf(store);
      for (const kek of [OTHER_KEK, almost, new Uint8Array(32)]) {
        await assert.rejects(openVault({ store, kek }), { code: "WRONG_KEY" });
      }
      assert.deepEqual(await contentOf(store), before);
    });
  }
});

test("no operation writes or lends anything once the vault has another key", async () => {
  for (const { withStore } of STORE_KINDS) {
    await withStore(async (store) => {
      // Opened in time, then overtaken by a rotation through another instance.
      const stale = await initVault({ store });
      await prepare(stale);
      await (await openVault({ store })).rotateMaster({ settings: CALLER, kek: OTHER_KEK });
      const before = await contentOf(store);
      for (const { name, run } of OPERATIONS) {
        const refused = name.startsWith("use()") ? stale.use("A", {}, () => {}) : run(stale);
        if (name === "recordLock()") {
          // It needs no key: it is what a person does who may not have it.
          await refused;
          continue;
        }
        await assert.rejects(refused, { code: "KEY_STALE" }, name);
      }
      await assert.rejects(stale.show("A"), { code: "KEY_STALE" });
      const after = await contentOf(store);
      assert.deepEqual(after.secrets, before.secrets);
      assert.deepEqual(after.values, before.values);
    });
  }
});

for (const { name, withStore } of STORE_KINDS) {
  test(`two vaults of one key in ${name} have key ids of their own`, async () => {
    await withStore((one) =>
      withStore(async (other) => {
        const [first, second] = [
          await initVault({ store: one }),
          await initVault({ store: other }),
        ];
        // The ids tell nobody that the key is one.
        assert.notEqual((await first.info()).kekId, (await second.info()).kekId);
        await Promise.all([first.close(), second.close()]);
      })
    );
  });
}

test("Vault.init() and Vault.open() refuse a key that has not 32 bytes", async () => {
  for (const length of [0, 16, 31, 33, 64]) {
    const store = new MemoryStore();
    const kek = new Uint8Array(length);
    await assert.rejects(Vault.init({ store, kek }), RangeError);
    assert.equal(await store.read((reader) => reader.vault()), undefined);
    await initVault({ store });
    await assert.rejects(Vault.open({ store, kek }), RangeError);
  }
});

test("Vault.init() and Vault.open() refuse an actor that could not be shown in the audit", async () => {
  for (const actor of ["", "a\nb", "x".repeat(256)]) {
    const store = new MemoryStore();
    await assert.rejects(Vault.init({ store, kek: KEK, actor }), { code: "INVALID_INPUT" });
    await initVault({ store });
    await assert.rejects(Vault.open({ store, kek: KEK, actor }), { code: "INVALID_INPUT" });
  }
});

test("Vault.init() fails with ALREADY_EXISTS on a vault, changing nothing", async () => {
  for (const { withStore } of STORE_KINDS) {
    await withStore(async (store) => {
      await prepare(await initVault({ store }));
      const before = await contentOf(store);
      for (const kek of [KEK, OTHER_KEK]) {
        await assert.rejects(initVault({ store, kek }), { code: "ALREADY_EXISTS" });
      }
      assert.deepEqual(await contentOf(store), before);
    });
  }
});

test("Vault.open() says NOT_FOUND where there is no vault", async () => {
  for (const { withStore } of STORE_KINDS) {
    await withStore(async (store) => {
      await assert.rejects(openVault({ store }), { code: "NOT_FOUND" });
      await assert.rejects(vaultInfo(store), { code: "NOT_FOUND" });
    });
  }
});

for (const kind of ["Uint8Array", "Buffer"] as const) {
  test(`a vault copies its key: a ${kind} that the caller wipes afterwards is not the vault's`, async () => {
    const given = () => kind === "Buffer" ? Buffer.from(KEK) : new Uint8Array(KEK);
    const store = new MemoryStore();
    const first = given();
    const vault = await initVault({ store, kek: first });
    first.fill(0);
    await vault.create({ name: "A", value: utf8("a") });
    const second = given();
    const opened = await openVault({ store, kek: second });
    second.fill(0);
    await opened.create({ name: "B", value: utf8("b") });
    const third = kind === "Buffer" ? Buffer.from(OTHER_KEK) : new Uint8Array(OTHER_KEK);
    await opened.rotateMaster({ settings: CALLER, kek: third });
    third.fill(0);
    await opened.create({ name: "C", value: utf8("c") });
    const checked = await openVault({ store, kek: OTHER_KEK });
    for (const name of ["A", "B", "C"]) {
      await checked.use(name, {}, (value) => assert.deepEqual(value, utf8(name.toLowerCase())));
    }
  });
}

for (const { name: kind, withPlace } of STORE_KINDS) {
  test(`Vault.close() locks: every method fails with LOCKED, and ${kind} is as it was`, async () => {
    await withPlace(async (open) => {
      const store = await open();
      const vault = await initVault({ store });
      await prepare(vault);
      const before = await contentOf(store);
      await vault.close();
      let lent = false;
      const calls: [string, () => Promise<unknown>][] = [
        ...OPERATIONS.filter(({ name }) => !name.startsWith("use()"))
          .map(({ name, run }): [string, () => Promise<unknown>] => [name, () => run(vault)]),
        ["use()", () => vault.use("A", {}, () => (lent = true))],
        ["use() denied", () => vault.use("B", ATTACHED, () => (lent = true))],
        ["show()", () => vault.show("A")],
        ["list()", () => collect(vault.list())],
        ["audit()", () => vault.audit()],
        ["info()", () => vault.info()],
      ];
      for (const [name, call] of calls) {
        await assert.rejects(call(), { code: "LOCKED" }, `${kind}: ${name}`);
      }
      assert.equal(lent, false);
      await vault.close();
      const reopened = await open();
      assert.deepEqual(await contentOf(reopened), before);
      await reopened.close();
    });
  });
}

test("Vault.close() lets a transaction that is under way end as a whole", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  const many = Array.from({ length: 50 }, (_, n) => ({ name: `N${n}`, value: utf8("v") }));
  const importing = vault.import(many).then((all) => all.length, (error) => {
    assert.equal(error.code, "LOCKED");
    return 0;
  });
  await vault.close();
  const count = await importing;
  assert.equal(await store.read((reader) => reader.countSecrets()), count);
});
