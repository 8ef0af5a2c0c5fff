/**
 * Every operation is one transaction with its audit event: both happen or neither does.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { Vault } from "../../lib/vault/vault.ts";
import { interceptedStore, type Interception } from "../helpers/intercepted_store.ts";
import { ATTACHED, OPERATIONS, prepare } from "../helpers/operations.ts";
import { contentOf, initVault, KEK, STORE_KINDS, utf8 } from "../helpers/vaults.ts";

class Injected extends Error {}

const failAt = (method: string) => (called: string): void => {
  if (called === method) throw new Injected(method);
};

for (const { name: kind, withStore } of STORE_KINDS) {
  for (const { name, run } of OPERATIONS) {
    test(`${name} changes nothing in a ${kind} if its audit event cannot be written`, async () => {
      await withStore(async (store) => {
        const interception: Interception = {};
        const vault = await initVault({ store: interceptedStore(store, interception) });
        await prepare(vault);
        const before = await contentOf(store);
        interception.onCall = failAt("appendAudit");
        // The denied uses swallow their error: that they leave no trace shows in the content.
        await run(vault).then(() => assert.match(name, /^use\(\) (outside|after)/), (error) => {
          assert.ok(error instanceof Injected, String(error));
        });
        delete interception.onCall;
        assert.deepEqual(await contentOf(store), before);
        // And the vault goes on as if nothing had been.
        await vault.use("A", ATTACHED, (value) => assert.deepEqual(value, utf8("the value of A")));
      });
    });
  }

  test(`Vault.init() leaves a ${kind} empty if its audit event cannot be written`, async () => {
    await withStore(async (store) => {
      const failing = interceptedStore(store, { onCall: failAt("appendAudit") });
      await assert.rejects(Vault.init({ store: failing, kek: KEK }), Injected);
      assert.equal(await store.read((reader) => reader.vault()), undefined);
      await initVault({ store });
    });
  });

  test(`use() in a ${kind} lends nothing if its audit event cannot be written`, async () => {
    await withStore(async (store) => {
      const interception: Interception = {};
      const vault = await initVault({ store: interceptedStore(store, interception) });
      await prepare(vault);
      let calls = 0;
      interception.onCall = failAt("appendAudit");
      await assert.rejects(vault.use("A", {}, () => calls++), Injected);
      assert.equal(calls, 0);
    });
  });

  for (const { name, run, events, inSteps = false } of OPERATIONS) {
    test(`${name} in a ${kind} is on record${inSteps ? "" : ", in one transaction"}`, async () => {
      await withStore(async (store) => {
        const interception: Interception = {};
        const vault = await initVault({ store: interceptedStore(store, interception) });
        await prepare(vault);
        const before = (await vault.info()).auditSeq;
        let writes = 0;
        interception.onWrite = () => writes++;
        await run(vault);
        assert.ok(inSteps ? writes > 1 : writes === 1, `${writes} transactions`);
        const rows = await vault.audit({ limit: 100 });
        const added = rows.filter(({ seq }) => seq > before).reverse();
        assert.deepEqual(added.map(({ kind }) => kind), [...events]);
        assert.deepEqual(added.map(({ actor }) => actor), events.map(() => "test"));
      });
    });
  }
}

/** Every method that writes, and the operations that reach it. */
const WRITES = ["insertSecret", "updateSecret", "deleteSecret", "rewrapSecret", "putVault"];

for (const { name: kind, withStore } of STORE_KINDS) {
  test(`every operation changes nothing in a ${kind} if any of its writes fails`, async () => {
    const reached = new Set<string>();
    for (const { run } of OPERATIONS) {
      for (const method of WRITES) {
        await withStore(async (store) => {
          const interception: Interception = {};
          const vault = await initVault({ store: interceptedStore(store, interception) });
          await prepare(vault);
          const before = await contentOf(store);
          let wasReached = false;
          interception.onCall = (called) => {
            if (called !== method) return;
            wasReached = true;
            throw new Injected(method);
          };
          await run(vault).catch((error) => assert.ok(error instanceof Injected, String(error)));
          delete interception.onCall;
          if (!wasReached) return;
          reached.add(method);
          assert.deepEqual(await contentOf(store), before, method);
        });
      }
    }
    assert.deepEqual([...reached].sort(), [...WRITES].sort());
  });
}

test("import() creates all of its secrets or none", async () => {
  for (const { withStore } of STORE_KINDS) {
    await withStore(async (store) => {
      const vault = await initVault({ store });
      await prepare(vault);
      const before = await contentOf(store);
      const good = [{ name: "C", value: utf8("c") }, { name: "D", value: utf8("d") }];
      const bad = [
        { secret: { name: "alias", value: utf8("x") }, code: "ALREADY_EXISTS" },
        { secret: { name: "D", value: utf8("x") }, code: "INVALID_INPUT" },
        { secret: { name: "E", aliases: ["D"], value: utf8("x") }, code: "INVALID_INPUT" },
        { secret: { name: "", value: utf8("x") }, code: "INVALID_INPUT" },
        { secret: { name: "E", value: new Uint8Array() }, code: "INVALID_INPUT" },
      ];
      for (const { secret, code } of bad) {
        await assert.rejects(vault.import([...good, secret]), { code });
        assert.deepEqual(await contentOf(store), before);
      }
      async function* broken() {
        yield* good;
        await Promise.resolve();
        throw new Injected("the source failed");
      }
      await assert.rejects(vault.import(broken()), Injected);
      assert.deepEqual(await contentOf(store), before);
      assert.equal((await vault.import(good)).length, 2);
      assert.deepEqual((await vault.audit({ limit: 2 })).map(({ note }) => note), [
        "import",
        "import",
      ]);
    });
  }
});
