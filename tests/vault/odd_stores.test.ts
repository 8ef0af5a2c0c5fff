/** Stores of the caller's own that hand back what is not of its types: it is taken for an edit, and says nothing. */
import assert from "node:assert/strict";
import test from "node:test";
import type { AuditRow } from "../../lib/vault/audit/audit.ts";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { Store, StoreReader } from "../../lib/vault/store.ts";
import type { Vault } from "../../lib/vault/vault.ts";
import { contentOf, initVault, openVault, utf8 } from "../helpers/vaults.ts";

const INTEGRITY = { name: "VaultError", code: "INTEGRITY" };
const ODD: readonly unknown[] = [undefined, null, 5n, 0.5, {}, [], true];

/** `store`, whose readers and writers give what `change` makes of what `method` gives. */
function changing(
  store: Store,
  method: keyof StoreReader,
  change: (given: unknown) => unknown,
): Store {
  const changed = <T extends StoreReader>(reader: T): T =>
    new Proxy(reader, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return async (...given: unknown[]) => {
          const result: unknown = await member.apply(target, given);
          return name === method ? change(result) : result;
        };
      },
    });
  return {
    read: (work) => store.read((reader) => work(changed(reader))),
    write: (work, options) => store.write((writer) => work(changed(writer)), options),
    close: () => store.close(),
  };
}

async function filled(): Promise<{ store: MemoryStore; calls: [string, Call][] }> {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  await vault.create({ name: "A", value: utf8("a") });
  await vault.use("A", {}, () => {});
  const calls: [string, Call][] = [
    ["use", (vault) => vault.use("A", {}, () => assert.fail("it was lent"))],
    ["show", (vault) => vault.show("A")],
    ["rotate", (vault) => vault.rotate("A", utf8("b"))],
    ["update", (vault) => vault.update("A", { name: "B" })],
    ["delete", (vault) => vault.delete("A")],
  ];
  return { store, calls };
}

type Call = (vault: Vault) => Promise<unknown>;

test("an event whose fields are not of their types proves no secret's state", async () => {
  const { store, calls } = await filled();
  const [newest] = await store.read((reader) => reader.audit({ limit: 1 }));
  assert.ok(newest !== undefined);
  const { secrets } = await contentOf(store);
  for (const field of Object.keys(newest)) {
    for (const odd of ODD) {
      const change = (row: unknown) => ({ ...row as AuditRow, [field]: odd });
      const vault = await openVault({ store: changing(store, "lastState", change) });
      for (const [name, call] of calls) {
        await assert.rejects(call(vault), INTEGRITY, `${name}: ${field} ${String(odd)}`);
      }
    }
  }
  assert.deepEqual((await contentOf(store)).secrets, secrets);
});

test("a last use whose fields are not of their types is refused by show()", async () => {
  const { store } = await filled();
  for (const field of ["seq", "timeMs", "secretName", "mac", "proof"]) {
    for (const odd of ODD) {
      const change = (row: unknown) => ({ ...row as AuditRow, [field]: odd });
      const vault = await openVault({ store: changing(store, "lastAudit", change) });
      await assert.rejects(vault.show("A"), INTEGRITY, `${field} ${String(odd)}`);
    }
  }
});

test("a sealed value that is not bytes is refused", async () => {
  const { store, calls } = await filled();
  for (const odd of [null, "sealed", [1, 2], new Uint8Array(), new Uint16Array(41)]) {
    const vault = await openVault({ store: changing(store, "sealedValue", () => odd) });
    for (const [name, call] of calls) await assert.rejects(call(vault), INTEGRITY, name);
  }
});

test("verify() says so of events or secrets that come out of order, and counts no events", async () => {
  const { store } = await filled();
  await (await openVault({ store })).create({ name: "B", value: utf8("b") });
  for (const [method, events] of [["auditAfter", 0], ["states", 4], ["secrets", 4]] as const) {
    const reversed = (rows: unknown) => (rows as unknown[]).toReversed();
    const vault = await openVault({ store: changing(store, method, reversed) });
    const found = await vault.verify();
    assert.ok(!found.isIntact);
    assert.ok(found.findings.some(({ kind }) => kind === "store-disorder"), method);
    assert.deepEqual([found.events, found.secrets], [events, 2], method);
  }
});
