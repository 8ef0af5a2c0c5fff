/**
 * The store contract, part three: names are taken and freed, and a change touches what it says and no more.
 *
 * @module
 */
import assert from "node:assert/strict";
import test from "node:test";
import type { Scope } from "../../lib/vault/secrets/scope.ts";
import { contentOf } from "../helpers/vaults.ts";
import { addSecrets, idOf, once, record, rowOf, sealed, type WithStore } from "./store_records.ts";

const GLOBAL: Scope = { kind: "global" };
const W: Scope = { kind: "workspace", workspaceId: "W" };

/** The part of the store contract that is about names and changes. */
export function nameContract(name: string, withStore: WithStore): void {
  test(`${name}.insertSecret() refuses a name or alias that is taken, and nothing has changed`, async () => {
    await withStore(async (store) => {
      const first = record(1, { name: "N", aliases: ["A"] });
      await once(store, (writer) => writer.insertSecret(first, sealed(1)));
      const before = await contentOf(store);
      const clashes = [
        record(2, { name: "N" }),
        record(2, { name: "A" }),
        record(2, { name: "X", aliases: ["N"] }),
        record(2, { name: "X", aliases: ["W", "A"] }),
      ];
      for (const clash of clashes) {
        const failing = once(store, (writer) => writer.insertSecret(clash, sealed(2)));
        await assert.rejects(failing, { code: "ALREADY_EXISTS" });
        assert.deepEqual(await contentOf(store), before);
      }
      const elsewhere = record(2, { name: "A", aliases: ["N"], scope: W });
      await once(store, (writer) => writer.insertSecret(elsewhere, sealed(2)));
    });
  });

  test(`${name}.updateSecret() refuses a name or alias that is taken, and nothing has changed`, async () => {
    await withStore(async (store) => {
      await addSecrets(store, 1, 2);
      const before = await contentOf(store);
      for (const fields of [{ name: "name 1" }, { aliases: ["a", "name 1"] }]) {
        const failing = once(store, (w) => w.updateSecret(record(2, fields), sealed(9)));
        await assert.rejects(failing, { code: "ALREADY_EXISTS" });
        assert.deepEqual(await contentOf(store), before);
      }
    });
  });

  test(`${name}.updateSecret() replaces names and groups, frees the old ones, and keeps the value`, async () => {
    await withStore(async (store) => {
      const groups = ["G1", "G2"].map((groupId) => ({ workspaceId: "W", groupId }));
      const before = record(1, { name: "old", aliases: ["both", "gone"], attachedGroups: groups });
      const after = record(1, {
        name: "both",
        aliases: ["new", "old alias"],
        attachedGroups: groups.slice(1),
        pinnedProvider: "openai",
        valueVersion: 2,
        updatedAtMs: 5,
        expiresAtMs: 6,
        kekId: "other",
        wrappedDek: new Uint8Array([1, 2]),
      });
      await once(store, (writer) => writer.insertSecret(before, sealed(1)));
      await once(store, (writer) => writer.updateSecret(after));
      await store.read(async (reader) => {
        assert.deepEqual(await reader.secret(idOf(1)), rowOf(after));
        assert.deepEqual(await reader.sealedValue(idOf(1)), sealed(1));
        for (const free of ["old", "gone"]) {
          assert.equal(await reader.findByName(GLOBAL, free), undefined);
        }
        for (const taken of ["both", "new", "old alias"]) {
          assert.equal(await reader.findByName(GLOBAL, taken), idOf(1));
        }
      });
      const second = record(2, { name: "old", aliases: ["gone"] });
      await once(store, (writer) => writer.insertSecret(second, sealed(2)));
      await once(store, (writer) => writer.updateSecret(after, sealed(7)));
      const value = await store.read((reader) => reader.sealedValue(idOf(1)));
      assert.deepEqual(value, sealed(7));
    });
  });

  test(`${name}.updateSecret() lets two secrets exchange their names within a transaction`, async () => {
    await withStore(async (store) => {
      await addSecrets(store, 1, 2);
      await once(store, async (writer) => {
        await writer.updateSecret(record(1, { name: "spare" }));
        await writer.updateSecret(record(2, { name: "name 1" }));
        await writer.updateSecret(record(1, { name: "name 2" }));
      });
      await store.read(async (reader) => {
        assert.equal(await reader.findByName(GLOBAL, "name 1"), idOf(2));
        assert.equal(await reader.findByName(GLOBAL, "name 2"), idOf(1));
        assert.equal(await reader.findByName(GLOBAL, "spare"), undefined);
      });
    });
  });

  test(`${name}.rewrapSecret() changes the wrap and nothing else`, async () => {
    await withStore(async (store) => {
      const groups = [{ workspaceId: "W", groupId: "G" }];
      const secret = record(1, { aliases: ["a"], attachedGroups: groups, expiresAtMs: 3 });
      await once(store, (writer) => writer.insertSecret(secret, sealed(1)));
      await addSecrets(store, 2);
      const wrappedDek = new Uint8Array(72).fill(0xee);
      await once(store, (writer) => writer.rewrapSecret(idOf(1), "the new kek", wrappedDek));
      await store.read(async (reader) => {
        const changed = { ...secret, kekId: "the new kek", wrappedDek };
        assert.deepEqual(await reader.secret(idOf(1)), rowOf(changed));
        assert.deepEqual(await reader.sealedValue(idOf(1)), sealed(1));
        assert.equal(await reader.findByName(GLOBAL, "a"), idOf(1));
        assert.deepEqual(await reader.secret(idOf(2)), rowOf(record(2)));
      });
    });
  });

  test(`${name}.deleteSecret() removes all that belongs to the secret, and its names are free`, async () => {
    await withStore(async (store) => {
      const groups = [{ workspaceId: "W", groupId: "G" }];
      const secret = record(1, { name: "N", aliases: ["A"], attachedGroups: groups });
      await addSecrets(store, 2);
      const before = await contentOf(store);
      await once(store, (writer) => writer.insertSecret(secret, sealed(1)));
      await once(store, (writer) => writer.deleteSecret(idOf(1)));
      assert.deepEqual(await contentOf(store), before);
      await store.read(async (reader) => {
        assert.equal(await reader.secret(idOf(1)), undefined);
        assert.equal(await reader.sealedValue(idOf(1)), undefined);
        assert.equal(await reader.findByName(GLOBAL, "N"), undefined);
        assert.equal(await reader.findByName(GLOBAL, "A"), undefined);
        assert.deepEqual(await reader.findAttached("W", "G", "N"), []);
      });
      const again = record(3, { name: "A", aliases: ["N"], attachedGroups: groups });
      await once(store, (writer) => writer.insertSecret(again, sealed(3)));
      const attached = await store.read((reader) => reader.findAttached("W", "G", "N"));
      assert.deepEqual(attached, [idOf(3)]);
    });
  });
}
