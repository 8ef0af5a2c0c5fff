/** A clock that gives what cannot be stored: refused, before it makes a row that nobody can read again. */
import assert from "node:assert/strict";
import test from "node:test";
import { Vault } from "../../lib/vault/vault.ts";
import { contentOf, initVault, KEK, openVault, STORE_KINDS, utf8 } from "../helpers/vaults.ts";

const ODD_TIMES = [-1, 1.5, Number.NaN, Infinity, 2 ** 53, -8.64e15];

for (const { name, withStore } of STORE_KINDS) {
  test(`no operation on ${name} stores a time that is no whole number of milliseconds since 1970`, async () => {
    await withStore(async (store) => {
      for (const odd of ODD_TIMES) {
        const refused = { code: "INVALID_INPUT", message: /whole number of milliseconds/ };
        await assert.rejects(Vault.init({ store, kek: KEK, now: () => odd }), refused);
      }
      assert.equal(await store.read((reader) => reader.vault()), undefined);
      await initVault({ store });
      await (await openVault({ store })).create({ name: "A", value: utf8("a") });
      const before = await contentOf(store);
      for (const odd of ODD_TIMES) {
        const vault = await openVault({ store, now: () => odd });
        const refused = { code: "INVALID_INPUT" };
        await assert.rejects(vault.create({ name: "B", value: utf8("b") }), refused);
        await assert.rejects(vault.use("A", {}, () => assert.fail("it was lent")), refused);
        await assert.rejects(vault.rotate("A", utf8("c")), refused);
        assert.equal((await vault.show("A")).name, "A");
      }
      assert.deepEqual(await contentOf(store), before);
    });
  });

  test(`operations on ${name} take the first and the last time that there is`, async () => {
    await withStore(async (store) => {
      const vault = await initVault({ store, now: () => 0 });
      const { createdAtMs } = await vault.create({ name: "A", value: utf8("a") });
      assert.equal(createdAtMs, 0);
      const late = await openVault({ store, now: () => Number.MAX_SAFE_INTEGER });
      await late.rotate("A", utf8("b"));
      // The clock is set back.
      const early = await openVault({ store, now: () => 1 });
      const { updatedAtMs } = await early.update("A", { aliases: ["a"] });
      assert.equal(updatedAtMs, 1);
      assert.equal((await early.verify()).isIntact, true);
    });
  });
}
