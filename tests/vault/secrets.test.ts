/**
 * The life of a secret: what each operation changes in the store, and what it leaves.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { Scope } from "../../lib/vault/secrets/scope.ts";
import type { Store } from "../../lib/vault/store.ts";
import type { Vault } from "../../lib/vault/vault.ts";
import {
  collect,
  initVault,
  openVault,
  START_MS,
  STORE_KINDS,
  tickingClock,
  utf8,
} from "../helpers/vaults.ts";

const IN_W: Scope = { kind: "workspace", workspaceId: "W" };
const GROUP = { workspaceId: "W", groupId: "G" };

/** The stored bytes of a secret. */
async function stored(store: Store, id: string) {
  return await store.read(async (reader) => {
    const row = await reader.secret(id);
    return { wrap: hex(row?.wrappedDek), value: hex(await reader.sealedValue(id)), row };
  });
}

function hex(bytes: unknown): string {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString("hex") : "none";
}

async function withVault(
  work: (vault: Vault, store: Store) => Promise<void>,
): Promise<void> {
  for (const { withStore } of STORE_KINDS) {
    await withStore(async (store) => {
      await work(await initVault({ store }), store);
    });
  }
}

const text = (vault: Vault, ref: string) =>
  vault.use(ref, {}, (value) => new TextDecoder().decode(value));

test("create() gives the metadata, and list() and show() give the same", async () => {
  await withVault(async (vault) => {
    const created = await vault.create({
      name: "N",
      value: utf8("v"),
      aliases: ["b", "a"],
      scope: IN_W,
      expiresAtMs: START_MS * 2,
    });
    const { id, createdAtMs } = created;
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual(created, {
      id,
      name: "N",
      aliases: ["a", "b"],
      scope: IN_W,
      attachedGroups: [],
      pinnedProvider: null,
      valueVersion: 1,
      createdAtMs,
      updatedAtMs: createdAtMs,
      expiresAtMs: START_MS * 2,
    });
    assert.deepEqual(await collect(vault.list()), [created]);
    assert.deepEqual(await collect(vault.list({ scope: IN_W })), [created]);
    assert.deepEqual(await collect(vault.list({ scope: { kind: "global" } })), []);
    const shown = { ...created, lastUsedAtMs: null };
    for (const ref of [id, `vault:secret:${id}`, id.toUpperCase()]) {
      assert.deepEqual(await vault.show(ref), shown);
    }
    for (const name of ["N", "a", "b"]) {
      assert.deepEqual(await vault.show(name, { scope: IN_W }), shown);
      await assert.rejects(vault.show(name), { code: "NOT_FOUND" });
    }
  });
});

test("create() seals the same value differently each time, under a key of its own", async () => {
  await withVault(async (vault, store) => {
    const all = new Set<string>();
    for (let n = 0; n < 10; n++) {
      const { id } = await vault.create({ name: `N${n}`, value: utf8("the same") });
      const { wrap, value } = await stored(store, id);
      all.add(wrap).add(value).add(value.slice(0, 48)).add(value.slice(48));
    }
    assert.equal(all.size, 40);
  });
});

test("create() copies the value: what becomes of the caller's bytes does not matter", async () => {
  await withVault(async (vault) => {
    const value = Buffer.from("the value");
    const creating = vault.create({ name: "N", value });
    await creating;
    value.fill(0);
    assert.equal(await text(vault, "N"), "the value");
  });
});

test("rotate() makes a new DEK, ciphertext and version; the name stays and the old bytes are gone", async () => {
  await withVault(async (vault, store) => {
    const before = await vault.create({ name: "N", aliases: ["a"], value: utf8("old") });
    await vault.attachGroup("N", GROUP);
    const old = await stored(store, before.id);
    const after = await vault.rotate("a", utf8("old"));
    const next = await stored(store, before.id);
    // Even of the same value nothing is the same: no nonce, no ciphertext, no wrap.
    for (const [one, other] of [[old.wrap, next.wrap], [old.value, next.value]] as const) {
      assert.equal(one.length, other.length);
      assert.notEqual(one.slice(0, 48), other.slice(0, 48), "nonce");
      assert.notEqual(one.slice(48), other.slice(48), "ciphertext");
    }
    const { updatedAtMs } = after;
    assert.deepEqual(after, {
      ...before,
      attachedGroups: [GROUP],
      valueVersion: 2,
      updatedAtMs,
    });
    assert.ok(updatedAtMs > before.updatedAtMs);
    await vault.rotate(before.id, utf8("new"));
    assert.equal(await text(vault, "N"), "new");
    assert.equal((await vault.show("N")).valueVersion, 3);
  });
});

test("update() of names keeps the value's ciphertext byte for byte and wraps the DEK anew", async () => {
  await withVault(async (vault, store) => {
    const { id } = await vault.create({ name: "N", aliases: ["a", "b"], value: utf8("v") });
    const before = await stored(store, id);
    await vault.update("N", { name: "M", aliases: ["b", "c"] });
    const after = await stored(store, id);
    assert.equal(after.value, before.value);
    assert.notEqual(after.wrap, before.wrap);
    for (const gone of ["N", "a"]) {
      await assert.rejects(vault.show(gone), { code: "NOT_FOUND" });
      await vault.create({ name: gone, value: utf8("another") });
    }
    for (const name of ["M", "b", "c"]) assert.equal(await text(vault, name), "v");
  });
});

test("update() changes what it is given and leaves the rest", async () => {
  await withVault(async (vault) => {
    const first = await vault.create({
      name: "N",
      aliases: ["a"],
      value: utf8("v"),
      expiresAtMs: 9e12,
    });
    const renamed = await vault.update("N", { name: "M" });
    assert.deepEqual([renamed.aliases, renamed.expiresAtMs], [["a"], 9e12]);
    const realiased = await vault.update("M", { aliases: [] });
    assert.deepEqual([realiased.name, realiased.expiresAtMs], ["M", 9e12]);
    const forever = await vault.update("M", { expiresAtMs: null });
    assert.deepEqual([forever.name, forever.expiresAtMs], ["M", null]);
    // A name may become an alias and the other way round.
    const swapped = await vault.update("M", { name: "N", aliases: ["M"] });
    assert.deepEqual([swapped.name, swapped.aliases], ["N", ["M"]]);
    assert.deepEqual([swapped.id, swapped.createdAtMs], [first.id, first.createdAtMs]);
    assert.equal(await text(vault, "M"), "v");
  });
});

test("delete() removes a secret, and its name and aliases are free", async () => {
  await withVault(async (vault, store) => {
    const { id } = await vault.create({ name: "N", aliases: ["a"], value: utf8("v") });
    assert.deepEqual(await vault.delete("a"), { id });
    for (const ref of [id, "N", "a"]) {
      for (const run of [vault.show(ref), vault.delete(ref), text(vault, ref)]) {
        await assert.rejects(run, { code: "NOT_FOUND" });
      }
    }
    assert.equal((await stored(store, id)).row, undefined);
    const again = await vault.create({ name: "a", aliases: ["N"], value: utf8("w") });
    assert.notEqual(again.id, id);
    assert.equal(await text(vault, "N"), "w");
  });
});

test("attachGroup() and detachGroup() keep the value's ciphertext, and twice is as good as once", async () => {
  await withVault(async (vault, store) => {
    const { id } = await vault.create({ name: "N", value: utf8("v") });
    const { value } = await stored(store, id);
    const other = { workspaceId: "A", groupId: "Z" };
    await vault.attachGroup("N", GROUP);
    const both = await vault.attachGroup("N", other);
    assert.deepEqual(both.attachedGroups, [other, GROUP]);
    const events = (await vault.info()).auditSeq;
    const before = await stored(store, id);
    assert.deepEqual(await vault.attachGroup("N", GROUP), both);
    assert.deepEqual(await stored(store, id), before);
    assert.equal((await vault.info()).auditSeq, events);
    assert.deepEqual((await vault.detachGroup("N", other)).attachedGroups, [GROUP]);
    assert.deepEqual((await vault.detachGroup("N", other)).attachedGroups, [GROUP]);
    assert.equal((await stored(store, id)).value, value);
  });
});

test("names and aliases share one namespace in a scope, and each scope has its own", async () => {
  await withVault(async (vault) => {
    await vault.create({ name: "N", aliases: ["A"], value: utf8("first") });
    const second = await vault.create({ name: "M", value: utf8("second") });
    const clashes = [{ name: "N" }, { name: "A" }, { name: "X", aliases: ["N"] }, {
      name: "X",
      aliases: ["A"],
    }];
    for (const clash of clashes) {
      await assert.rejects(vault.create({ ...clash, value: utf8("x") }), {
        code: "ALREADY_EXISTS",
      });
      await assert.rejects(vault.update("M", clash), { code: "ALREADY_EXISTS" });
    }
    // The same name twice in one secret is a mistake too, also in two ways to write it.
    for (const twice of [{ name: "X", aliases: ["X"] }, { name: "é", aliases: ["e\u0301"] }]) {
      await assert.rejects(vault.create({ ...twice, value: utf8("x") }), { code: "INVALID_INPUT" });
      await assert.rejects(vault.update("M", twice), { code: "INVALID_INPUT" });
    }
    assert.deepEqual((await vault.show("M")).updatedAtMs, second.updatedAtMs);
    for (const scope of [IN_W, { kind: "group", ...GROUP } as const]) {
      await vault.create({ name: "N", aliases: ["A"], scope, value: utf8("elsewhere") });
    }
    assert.equal(await text(vault, "A"), "first");
    assert.equal((await vault.info()).secrets, 4);
  });
});

test("a secret is found by its name however the name is composed", async () => {
  await withVault(async (vault) => {
    await vault.create({ name: "cafe\u0301", value: utf8("v") });
    for (const name of ["caf\u00e9", "cafe\u0301"]) assert.equal(await text(vault, name), "v");
    await assert.rejects(vault.create({ name: "caf\u00e9", value: utf8("w") }), {
      code: "ALREADY_EXISTS",
    });
  });
});

test("create() and rotate() take 1 byte to 1 MiB of any bytes, and nothing else", async () => {
  await withVault(async (vault) => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const largest = new Uint8Array(1_048_576).fill(0xab);
    for (const [n, value] of [all, largest, new Uint8Array(1)].entries()) {
      await vault.create({ name: `N${n}`, value });
      await vault.use(`N${n}`, {}, (found) => assert.deepEqual(found, value));
      await vault.rotate(`N${n}`, largest);
      await vault.use(`N${n}`, {}, (found) => assert.deepEqual(found, largest));
    }
    for (const value of [new Uint8Array(), new Uint8Array(1_048_577)]) {
      await assert.rejects(vault.create({ name: "X", value }), { code: "INVALID_INPUT" });
      await assert.rejects(vault.rotate("N0", value), { code: "INVALID_INPUT" });
    }
    assert.equal((await vault.info()).secrets, 3);
  });
});

test("list() gives every secret once, in the order of the ids, over many pages", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  const names = Array.from({ length: 1_234 }, (_, n) => ({ name: `N${n}`, value: utf8("v") }));
  const created = await vault.import(names);
  const listed = (await collect(vault.list())).map(({ id }) => id);
  assert.deepEqual(listed, created.map(({ id }) => id).sort());
});

test("a reopened vault has everything that it had", async () => {
  for (const { withStore } of STORE_KINDS) {
    await withStore(async (store) => {
      const vault = await initVault({ store });
      const created = await vault.create({ name: "N", value: utf8("v") });
      const now = tickingClock();
      const reopened = await openVault({ store, now });
      assert.deepEqual(await collect(reopened.list()), [created]);
      assert.equal(await text(reopened, "N"), "v");
      assert.ok((await reopened.show("N")).lastUsedAtMs !== null);
    });
  }
});
