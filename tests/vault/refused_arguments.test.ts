/**
 * What plain JavaScript may give a vault against its types, and numbers out of their bounds: refused with a code, by a
 * promise that rejects, and never taken for something else.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { VaultError } from "../../lib/errors.ts";
import { auditHead } from "../../lib/vault/audit/audit_head.ts";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import { createRegistry } from "../../lib/vault/registry.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { contentOf, initVault, KEK, OTHER_KEK, STORE_KINDS, utf8 } from "../helpers/vaults.ts";

const VALUE = utf8("sk-the-value");
const INVALID = { name: "VaultError", code: "INVALID_INPUT" };

/** A value that the types would not let through. */
function untyped<T>(value: unknown): T {
  return value as T;
}

async function withSecret(work: (vault: Vault, store: MemoryStore) => Promise<void>) {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  await vault.create({ name: "A", value: VALUE });
  await work(vault, store);
}

/** Checks that `attempt` gives a promise that rejects so, and that nothing has changed. */
async function assertRefused(
  store: MemoryStore,
  attempt: () => Promise<unknown>,
  expected: object = INVALID,
): Promise<void> {
  const before = await contentOf(store);
  // Not given to `rejects` as a function: what throws instead of giving a promise fails here.
  const promise = attempt();
  await assert.rejects(promise, expected);
  assert.deepEqual(await contentOf(store), before);
}

const NOT_TEXT: readonly unknown[] = [undefined, null, 5, 5n, Symbol("A"), ["A"], {}, VALUE];

test("create() refuses a name, an alias or an id that is not text", async () => {
  await withSecret(async (vault, store) => {
    for (const name of NOT_TEXT) {
      const value = VALUE;
      await assertRefused(store, () => vault.create({ name: untyped(name), value }));
      const aliases = [untyped<string>(name)];
      await assertRefused(store, () => vault.create({ name: "B", aliases, value }));
      const scope = { kind: "workspace", workspaceId: untyped<string>(name) } as const;
      await assertRefused(store, () => vault.create({ name: "B", scope, value }));
    }
    for (const aliases of ["BC", null, 5, { 0: "B", length: 1 }]) {
      await assertRefused(store, () => vault.update("A", { aliases: untyped(aliases) }));
    }
  });
});

test("create() and rotate() refuse a value that is not bytes, and say nothing of it", async () => {
  const others = [VALUE.buffer, new Uint16Array(3), new DataView(new ArrayBuffer(3))];
  const lists = ["sk-the-value", [115, 107], { length: 3 }, new Uint8ClampedArray(3)];
  await withSecret(async (vault, store) => {
    for (const value of [undefined, null, 7, 7n, ...others, ...lists]) {
      await assertRefused(store, () => vault.create({ name: "B", value: untyped(value) }));
      await assertRefused(store, () => vault.rotate("A", untyped(value)));
    }
  });
});

test("a scope of an unknown kind is not taken for a wider one", async () => {
  const ids = { workspaceId: "W", groupId: "G" };
  const kinds = ["grp", "Group", "", undefined, null, 5, ["group"]];
  const scopes = [null, "group", 5, {}, ...kinds.map((kind) => ({ kind, ...ids }))];
  await withSecret(async (vault, store) => {
    for (const given of scopes) {
      const scope = untyped<{ kind: "global" }>(given);
      await assertRefused(store, () => vault.create({ name: "B", value: VALUE, scope }));
      await assertRefused(store, () => vault.show("A", { scope }));
      await assertRefused(store, () => vault.rotate("A", VALUE, { scope }));
      await assertRefused(store, () => vault.update("A", {}, { scope }));
      await assertRefused(store, () => vault.attachGroup("A", ids, { scope }));
      await assertRefused(store, () => vault.delete("A", { scope }));
      await assertRefused(store, () => Array.fromAsync(vault.list({ scope })));
    }
  });
});

test("a use in a context whose ids are not text is refused", async () => {
  await withSecret(async (vault, store) => {
    for (const id of NOT_TEXT.slice(1)) {
      const contexts = [{ workspaceId: id }, { workspaceId: "W", groupId: id }, { groupId: id }];
      for (const context of contexts) {
        await assertRefused(store, () => vault.use("A", untyped(context), () => {}));
      }
    }
  });
});

test("what names a secret has to be text; bytes that were given in its place are not shown", async () => {
  await withSecret(async (vault, store) => {
    const group = { workspaceId: "W", groupId: "G" };
    for (const given of NOT_TEXT) {
      const ref = untyped<string>(given);
      const attempts = [
        () => vault.show(ref),
        () => vault.update(ref, { name: "B" }),
        () => vault.rotate(ref, VALUE),
        () => vault.rotate(ref, new Uint8Array()),
        () => vault.attachGroup(ref, group),
        () => vault.detachGroup(ref, group),
        () => vault.delete(ref),
        () => vault.use(ref, {}, () => {}),
      ];
      for (const attempt of attempts) {
        await assertRefused(store, attempt, (error: unknown) => {
          assert.ok(error instanceof VaultError && error.code === "INVALID_INPUT");
          assert.doesNotMatch(error.message, /115|sk-/);
          return true;
        });
      }
    }
  });
});

test("pruneAudit() refuses what is no time, instead of removing everything", async () => {
  await withSecret(async (vault, store) => {
    for (const before of [Number.NaN, undefined, null, "2024-01-01", new Date(), 5n, {}]) {
      await assertRefused(store, () => vault.pruneAudit(untyped(before)));
    }
    assert.equal((await vault.pruneAudit(Number.MAX_SAFE_INTEGER)).throughSeq, 2);
  });
});

test("audit() refuses limits and times out of their bounds, on every store alike", async () => {
  for (const { withStore } of STORE_KINDS) {
    await withStore(async (store) => {
      const vault = await initVault({ store });
      await vault.create({ name: "A", value: VALUE });
      for (const limit of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 53, null, "2", 2n]) {
        await assert.rejects(vault.audit({ limit: untyped(limit) }), INVALID, String(limit));
      }
      for (const beforeMs of [Number.NaN, Infinity, -1, 0.5, null, "2024-01-01", new Date(), 5n]) {
        await assert.rejects(vault.audit({ beforeMs: untyped(beforeMs) }), INVALID);
      }
      for (const limit of [undefined, 2, 100, Number.MAX_SAFE_INTEGER]) {
        for (const beforeMs of [undefined, 2 ** 52, Number.MAX_SAFE_INTEGER]) {
          assert.equal((await vault.audit(untyped({ limit, beforeMs }))).length, 2);
        }
      }
      assert.equal((await vault.audit({ limit: 1 })).length, 1);
      assert.deepEqual(await vault.audit({ beforeMs: 0 }), []);
    });
  }
});

test("verify() rejects for a malformed head", async () => {
  await withSecret(async (vault, store) => {
    for (const head of ["x", "", 5, null, {}]) {
      await assertRefused(store, () => vault.verify({ head: untyped(head) }));
    }
    assert.ok((await vault.verify({ head: await auditHead(store) })).isIntact);
  });
});

test("recordLock() records an unlocking or a locking, and no other event", async () => {
  await withSecret(async (vault, store) => {
    for (const kind of ["secret.delete", "audit.prune", "", undefined, null]) {
      await assertRefused(store, () => vault.recordLock(untyped(kind)));
    }
  });
});

test("use() refuses what is no function before a use is on record", async () => {
  await withSecret(async (vault, store) => {
    for (const user of [undefined, null, "text", {}]) {
      await assertRefused(store, () => vault.use("A", {}, untyped(user)), TypeError);
    }
  });
});

test("init() and open() take `kek` where the other kind of key is given as undefined", async () => {
  const store = new MemoryStore();
  const none = { key: undefined, providers: undefined, keeper: undefined };
  await Vault.init(untyped({ store, kek: KEK, ...none }));
  const vault = await Vault.open(untyped({ store, kek: KEK, ...none }));
  assert.deepEqual((await vault.info()).provider, { type: "caller" });
});

test("a key that has not 32 bytes is a RangeError, and changes nothing", async () => {
  const given = [undefined, null, 32, "0".repeat(32), [...KEK], new Uint16Array(32)];
  const wrong = [...given, KEK.subarray(1), new Uint8Array(33), new Uint8Array()];
  const error = { name: "RangeError", message: "a KEK has 32 bytes" };
  await withSecret(async (vault, store) => {
    for (const kek of wrong.map((each) => untyped<Uint8Array>(each))) {
      const empty = new MemoryStore();
      await assert.rejects(Vault.init({ store: empty, kek }), error);
      assert.equal(await empty.read((reader) => reader.vault()), undefined);
      await assertRefused(store, () => Vault.open({ store, kek }), error);
      await assertRefused(store, () => vault.createRecoveryKey(() => {}, { kek }), RangeError);
      const next = { settings: { type: "caller" }, kek };
      await assertRefused(store, () => vault.rotateMaster(next), error);
    }
  });
});

test("a key whose settings cannot be stored is refused, and changes nothing", async () => {
  const cyclic: Record<string, unknown> = { type: "own" };
  cyclic.self = cyclic;
  const wrong = [{}, { type: 5 }, { type: "own", n: 5n }, cyclic, null, "own", ["own"], undefined];
  await withSecret(async (vault, store) => {
    for (const settings of wrong.map((each) => untyped<{ type: string }>(each))) {
      const empty = new MemoryStore();
      const key = { settings, kek: OTHER_KEK };
      await assert.rejects(Vault.init({ store: empty, key, providers: new Map() }), INVALID);
      assert.equal(await empty.read((reader) => reader.vault()), undefined);
      await assertRefused(store, () => vault.rotateMaster(key));
    }
  });
});

test("init() and rotateMaster() refuse the key of a provider that is not there, changing nothing", async () => {
  const key = { settings: { type: "file", path: "/nowhere" }, kek: OTHER_KEK };
  const error = { name: "VaultError", code: "UNSUPPORTED" };
  await withSecret(async (vault, store) => {
    const empty = new MemoryStore();
    await assert.rejects(Vault.init({ store: empty, key, providers: new Map() }), error);
    assert.equal(await empty.read((reader) => reader.vault()), undefined);
    await assertRefused(store, () => vault.rotateMaster(key), error);
  });
});

test("createRegistry() compares names as secrets bear them, and takes one claim twice for one", async () => {
  const registry = createRegistry({ a: ["Cafe\u0301", "B", "B"] });
  assert.equal(registry.claimant("Caf\u00e9"), "a");
  assert.equal(registry.claimant("Cafe\u0301"), "a");
  assert.equal(registry.claimant("B"), "a");
  assert.throws(() => createRegistry({ a: ["Cafe\u0301"], b: ["Caf\u00e9"] }), RangeError);
  const vault = await initVault({ store: new MemoryStore(), registry });
  const { pinnedProvider } = await vault.create({ name: "Cafe\u0301", value: VALUE });
  assert.equal(pinnedProvider, "a");
});

test("create() and update() refuse a provider that cannot be stored, which a registry names", async () => {
  for (const claimant of ["", "a\0b", "\ud800", "x".repeat(256), 5, null, VALUE]) {
    const store = new MemoryStore();
    const claim = (name: string) => name === "A" ? untyped<string>(claimant) : undefined;
    const vault = await initVault({ store, registry: { claimant: claim } });
    await vault.create({ name: "B", value: VALUE });
    await assertRefused(store, () => vault.create({ name: "A", value: VALUE }));
    await assertRefused(store, () => vault.update("B", { name: "A" }));
  }
});
