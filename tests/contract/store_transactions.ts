/**
 * The store contract, part one: transactions.
 *
 * @module
 */
import assert from "node:assert/strict";
import test from "node:test";
import type { StoreWriter } from "../../lib/vault/store.ts";
import { contentOf } from "../helpers/vaults.ts";
import {
  addSecrets,
  auditRow,
  idOf,
  once,
  record,
  rowOf,
  sealed,
  vaultRow,
  type WithStore,
} from "./store_records.ts";

class Injected extends Error {}

/** One of each kind of write, on a store that holds the secrets 1 and 2 and one audit row. */
const WRITES: readonly [string, (writer: StoreWriter) => Promise<unknown>][] = [
  ["putVault()", (writer) => writer.putVault(vaultRow({ auditSeq: 99 }))],
  [
    "insertSecret()",
    (writer) => writer.insertSecret(record(3, { aliases: ["a third"] }), sealed(3)),
  ],
  ["updateSecret()", (writer) => {
    const attachedGroups = [{ workspaceId: "W", groupId: "G" }];
    return writer.updateSecret(record(1, { name: "new", aliases: ["newer"], attachedGroups }));
  }],
  [
    "updateSecret() with a value",
    (writer) => writer.updateSecret(record(1, { valueVersion: 2 }), sealed(9)),
  ],
  ["rewrapSecret()", (writer) => writer.rewrapSecret(idOf(1), "k", new Uint8Array([1]))],
  ["deleteSecret()", (writer) => writer.deleteSecret(idOf(1))],
  ["appendAudit()", (writer) => writer.appendAudit(auditRow(2))],
  ["removeAudit()", (writer) => writer.removeAudit({ from: 1, through: 1 })],
];

/** The part of the store contract that is about transactions. */
export function transactionContract(name: string, withStore: WithStore): void {
  const filled: WithStore = (work) =>
    withStore(async (store) => {
      await addSecrets(store, 1, 2);
      await once(store, async (writer) => {
        await writer.putVault(vaultRow());
        await writer.appendAudit(auditRow(1));
      });
      return await work(store);
    });

  for (const [write, run] of WRITES) {
    test(`${name}.write() undoes ${write} if its work fails afterwards`, async () => {
      await filled(async (store) => {
        const before = await contentOf(store);
        const failing = store.write(async (writer) => {
          await run(writer);
          throw new Injected();
        });
        await assert.rejects(failing, Injected);
        assert.deepEqual(await contentOf(store), before);
        await store.write(run);
        assert.notDeepEqual(await contentOf(store), before);
      });
    });
  }

  test(`${name}.read() and write() run their work once, also when it fails`, async () => {
    await filled(async (store) => {
      let runs = 0;
      const works = [() => Promise.resolve(), () => Promise.reject(new Injected())];
      for (const work of works) {
        const counted = () => {
          runs++;
          return work();
        };
        await store.read(counted).catch(() => {});
        await store.write(counted).catch(() => {});
      }
      assert.equal(runs, 4);
    });
  });

  test(`${name}.write() undoes all of its writes, whichever is the last before the failure`, async () => {
    await filled(async (store) => {
      const before = await contentOf(store);
      const steps = WRITES.filter(([write]) => write !== "deleteSecret()");
      steps.push(["deleteSecret()", (writer) => writer.deleteSecret(idOf(1))]);
      for (let length = 1; length <= steps.length; length++) {
        const failing = store.write(async (writer) => {
          for (const [, run] of steps.slice(0, length)) await run(writer);
          throw new Injected();
        });
        await assert.rejects(failing, Injected);
        assert.deepEqual(await contentOf(store), before, `${length} writes`);
      }
    });
  });

  test(`${name}.write() frees the names of an undone insert, and keeps those of an undone delete`, async () => {
    await filled(async (store) => {
      await assert.rejects(store.write(async (writer) => {
        await writer.deleteSecret(idOf(1));
        await writer.insertSecret(record(3, { name: "name 1", aliases: ["name 4"] }), sealed(3));
        throw new Injected();
      }));
      await addSecrets(store, 4);
      const duplicate = once(
        store,
        (writer) => writer.insertSecret(record(5, { name: "name 1" }), sealed(5)),
      );
      await assert.rejects(duplicate, { code: "ALREADY_EXISTS" });
    });
  });

  test(`${name}.write() hands on what its work gives, and what it throws`, async () => {
    await filled(async (store) => {
      assert.equal(await store.write(() => Promise.resolve("result")), "result");
      assert.equal(await store.read(() => Promise.resolve("result")), "result");
      const error = new Injected("the very one");
      for (const run of [store.write.bind(store), store.read.bind(store)]) {
        await assert.rejects(run(() => Promise.reject(error)), (thrown) => thrown === error);
      }
      const throwing = store.write(() => {
        throw error;
      });
      await assert.rejects(throwing, (thrown) => thrown === error);
    });
  });

  test(`${name}.write() sees its own writes before they commit`, async () => {
    await filled(async (store) => {
      await store.write(async (writer) => {
        await writer.updateSecret(record(1, { name: "seen" }), sealed(7));
        assert.deepEqual(await writer.secret(idOf(1)), rowOf(record(1, { name: "seen" })));
        assert.deepEqual(await writer.sealedValue(idOf(1)), sealed(7));
        assert.equal(await writer.findByName({ kind: "global" }, "seen"), idOf(1));
        assert.equal(await writer.findByName({ kind: "global" }, "name 1"), undefined);
        await writer.deleteSecret(idOf(2));
        assert.equal(await writer.countSecrets(), 1);
      });
    });
  });

  test(`${name}.write() runs one transaction after the other, in the order of asking`, async () => {
    await filled(async (store) => {
      let inside = 0;
      const order: number[] = [];
      const increments = Array.from({ length: 20 }, (_, n) =>
        store.write(async (writer) => {
          assert.equal(++inside, 1);
          const seen = Number((await writer.vault())?.auditSeq);
          // Leaves the turn to the others, as work that waits for a key does.
          await new Promise((resolve) => setTimeout(resolve, 0));
          await writer.putVault(vaultRow({ auditSeq: seen + 1 }));
          order.push(n);
          inside--;
        }));
      await Promise.all(increments);
      assert.equal((await store.read((reader) => reader.vault()))?.auditSeq, 20);
      assert.deepEqual(order, Array.from({ length: 20 }, (_, n) => n));
    });
  });

  test(`${name}.read() never sees half of a transaction`, async () => {
    await filled(async (store) => {
      const writes = Array.from({ length: 10 }, (_, i) =>
        store.write(async (writer) => {
          await writer.insertSecret(record(10 + i), sealed(10 + i));
          await new Promise((resolve) => setTimeout(resolve, 0));
          await writer.putVault(vaultRow({ auditSeq: i + 1 }));
        }));
      const reads = Array.from({ length: 10 }, () =>
        store.read(async (reader) => {
          const secrets = await reader.countSecrets();
          await new Promise((resolve) => setTimeout(resolve, 0));
          const written = Number((await reader.vault())?.auditSeq);
          assert.equal(secrets, 2 + written);
          assert.equal(await reader.countSecrets(), secrets);
        }));
      await Promise.all([...writes, ...reads]);
    });
  });

  test(`${name} goes on after a failed transaction`, async () => {
    await filled(async (store) => {
      const outcomes = await Promise.allSettled([
        store.write(() => Promise.reject(new Injected())),
        store.write((writer) => writer.deleteSecret(idOf(1))),
        store.read(() => Promise.reject(new Injected())),
        store.read((reader) => reader.countSecrets()),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ["rejected", "fulfilled", "rejected", "fulfilled"],
      );
    });
  });
}
