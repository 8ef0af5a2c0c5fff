/**
 * Pins through the vault: a name that the registry claims binds a secret to that provider, for good.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { createRegistry } from "../../lib/vault/registry.ts";
import type { Store } from "../../lib/vault/store.ts";
import type { Vault } from "../../lib/vault/vault.ts";
import { contentOf, initVault, openVault, STORE_KINDS, utf8 } from "../helpers/vaults.ts";

const registry = createRegistry({ one: ["ONE_KEY", "ONE_TOKEN"], two: ["TWO_KEY"] });

async function withVault(work: (vault: Vault, store: Store) => Promise<void>): Promise<void> {
  for (const { withStore } of STORE_KINDS) {
    await withStore(async (store) => await work(await initVault({ store, registry }), store));
  }
}

async function pinAndValue(vault: Vault, ref: string): Promise<[string | null, string]> {
  const { pinnedProvider } = await vault.show(ref);
  const value = await vault.use(ref, {}, (bytes, secret) => {
    assert.equal(secret.pinnedProvider, pinnedProvider);
    return new TextDecoder().decode(bytes);
  });
  return [pinnedProvider, value];
}

test("create() pins a secret whose name or alias the registry claims, and no other", async () => {
  await withVault(async (vault) => {
    await vault.create({ name: "ONE_KEY", value: utf8("1") });
    await vault.create({ name: "mine", aliases: ["a", "TWO_KEY"], value: utf8("2") });
    await vault.create({ name: "one_key", value: utf8("3") });
    assert.deepEqual(await pinAndValue(vault, "ONE_KEY"), ["one", "1"]);
    assert.deepEqual(await pinAndValue(vault, "mine"), ["two", "2"]);
    assert.deepEqual(await pinAndValue(vault, "one_key"), [null, "3"]);
  });
});

test("create() takes the built-in registry unless another is given", async () => {
  const [kind] = STORE_KINDS;
  await kind?.withStore(async (store) => {
    const vault = await initVault({ store });
    await vault.create({ name: "OPENAI_API_KEY", value: utf8("v") });
    assert.deepEqual(await pinAndValue(vault, "OPENAI_API_KEY"), ["openai", "v"]);
  });
});

test("update() into a claimed name or alias pins, and the value is as usable as before", async () => {
  for (const changes of [{ name: "ONE_KEY" }, { aliases: ["ONE_TOKEN"] }]) {
    await withVault(async (vault, store) => {
      const { id } = await vault.create({ name: "mine", value: utf8("the value") });
      const before = await store.read((reader) => reader.sealedValue(id));
      const updated = await vault.update("mine", changes);
      assert.equal(updated.pinnedProvider, "one");
      assert.equal(updated.valueVersion, 1);
      assert.deepEqual(await pinAndValue(vault, id), ["one", "the value"]);
      // The pin is bound to the value too, so this one was sealed anew.
      assert.notDeepEqual(await store.read((reader) => reader.sealedValue(id)), before);
      const [newest] = await vault.audit({ limit: 3 });
      assert.equal(newest?.kind, "secret.use");
      assert.deepEqual(await pinAndValue(await openVault({ store, registry }), id), [
        "one",
        "the value",
      ]);
    });
  }
});

test("update() keeps the pin when the secret takes a name of nobody or of its own provider", async () => {
  await withVault(async (vault, store) => {
    const { id } = await vault.create({ name: "ONE_KEY", value: utf8("v") });
    const before = await store.read((reader) => reader.sealedValue(id));
    for (const name of ["ONE_TOKEN", "mine", "yours", "ONE_KEY", "mine"]) {
      assert.equal((await vault.update(id, { name })).pinnedProvider, "one");
      assert.deepEqual(await pinAndValue(vault, name), ["one", "v"]);
    }
    assert.deepEqual(await store.read((reader) => reader.sealedValue(id)), before);
    await vault.rotate("mine", utf8("w"));
    assert.deepEqual(await pinAndValue(vault, "mine"), ["one", "w"]);
  });
});

test("a pinned secret is refused another provider's name and alias, and nothing changes", async () => {
  await withVault(async (vault, store) => {
    const { id } = await vault.create({ name: "ONE_KEY", value: utf8("v") });
    await vault.update(id, { name: "mine" });
    const before = await contentOf(store);
    for (const changes of [{ name: "TWO_KEY" }, { aliases: ["a", "TWO_KEY"] }]) {
      await assert.rejects(vault.update(id, changes), {
        code: "INVALID_INPUT",
        message: /TWO_KEY belongs to provider two, the secret is pinned to one$/,
      });
    }
    assert.deepEqual(await contentOf(store), before);
  });
});

test("names of two providers in one secret are refused", async () => {
  await withVault(async (vault) => {
    const both = { name: "ONE_KEY", aliases: ["TWO_KEY"] };
    await assert.rejects(vault.create({ ...both, value: utf8("v") }), { code: "INVALID_INPUT" });
    await vault.create({ name: "mine", value: utf8("v") });
    await assert.rejects(vault.update("mine", both), { code: "INVALID_INPUT" });
    assert.equal((await vault.show("mine")).pinnedProvider, null);
  });
});

test("a pin outlives the registry that made it", async () => {
  await withVault(async (vault, store) => {
    await vault.create({ name: "ONE_KEY", value: utf8("v") });
    const later = await openVault({ store, registry: createRegistry({}) });
    await later.update("ONE_KEY", { name: "TWO_KEY" });
    assert.deepEqual(await pinAndValue(later, "TWO_KEY"), ["one", "v"]);
  });
});
