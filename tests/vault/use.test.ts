/**
 * Vault.use(): the one way to a value, and what it leaves behind.
 */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { Scope, UseContext } from "../../lib/vault/secrets/scope.ts";
import type { Store } from "../../lib/vault/store.ts";
import type { Vault } from "../../lib/vault/vault.ts";
import { contentOf, initVault, START_MS, STORE_KINDS, utf8 } from "../helpers/vaults.ts";

const SECRET = utf8("the value");
const IN_G: Scope = { kind: "group", workspaceId: "W", groupId: "G" };
const G: UseContext = { workspaceId: "W", groupId: "G" };

async function withSecret(): Promise<{ vault: Vault; store: Store; id: string }> {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  const { id } = await vault.create({ name: "N", value: SECRET });
  return { vault, store, id };
}

test(
  "use() lends exactly the bytes that were stored, for any bytes",
  { timeout: 240_000 },
  async () => {
    for (const { withStore } of STORE_KINDS) {
      await withStore(async (store) => {
        const vault = await initVault({ store });
        let n = 0;
        const value = fc.uint8Array({ minLength: 1, maxLength: 300 });
        await fc.assert(
          fc.asyncProperty(value, value, async (first, second) => {
            const { id } = await vault.create({ name: `N${n++}`, value: first });
            await vault.use(id, {}, (bytes) => assert.deepEqual(bytes, first));
            await vault.rotate(id, second);
            await vault.use(id, {}, (bytes) => assert.deepEqual(bytes, second));
          }),
          { seed: 20_231_114, numRuns: 25 },
        );
      });
    }
  },
);

test("use() gives what its callback gives, sync or async, and throws what it throws", async () => {
  const { vault } = await withSecret();
  assert.equal(await vault.use("N", {}, () => 42), 42);
  assert.equal(await vault.use("N", {}, () => Promise.resolve("later")), "later");
  const error = new TypeError("the callback's own");
  const thrown = (caught: unknown): boolean => caught === error;
  await assert.rejects(
    vault.use("N", {}, () => {
      throw error;
    }),
    thrown,
  );
  await assert.rejects(vault.use("N", {}, () => Promise.reject(error)), thrown);
});

test("use() wipes the bytes after its callback: sync, async, throwing and rejecting", async () => {
  const { vault } = await withSecret();
  const users: ((bytes: Uint8Array) => unknown)[] = [
    () => {},
    () => new Promise((resolve) => setTimeout(resolve, 0)),
    () => {
      throw new Error("thrown");
    },
    async () => {
      await Promise.resolve();
      throw new Error("rejected");
    },
  ];
  for (const user of users) {
    let lent: Uint8Array | undefined;
    await vault.use("N", {}, async (bytes) => {
      lent = bytes;
      // A copy, so that nobody is misled by a wiped array comparing to another.
      assert.deepEqual(new Uint8Array(bytes), SECRET);
      await user(bytes);
      assert.deepEqual(bytes, SECRET, "wiped too early");
    }).catch((error: Error) => assert.match(error.message, /^(thrown|rejected)$/));
    assert.deepEqual(lent, new Uint8Array(SECRET.length));
  }
});

test("use() keeps the bytes until the promise of its callback settles", async () => {
  const { vault } = await withSecret();
  const seen: boolean[] = [];
  await vault.use("N", {}, async (bytes) => {
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      seen.push(bytes.every((byte, i) => byte === SECRET[i]));
    }
  });
  assert.deepEqual(seen, Array(5).fill(true));
});

test("use() lends a copy: nothing that its callback does to it changes the vault", async () => {
  for (const { withStore } of STORE_KINDS) {
    await withStore(async (store) => {
      const vault = await initVault({ store });
      const { id } = await vault.create({ name: "N", aliases: ["a"], value: SECRET });
      await vault.attachGroup("N", { workspaceId: "W", groupId: "G" });
      const before = (await contentOf(store)).secrets;
      await vault.use(id, {}, (bytes, secret) => {
        bytes.fill(0xff);
        const { aliases, attachedGroups, scope } = secret;
        // Types forbid all this; code without types may try.
        for (const list of [aliases, attachedGroups]) Reflect.set(list, "length", 0);
        Reflect.set(secret, "name", "M");
        Reflect.set(scope, "kind", "workspace");
      });
      await vault.use("a", {}, (bytes, { scope, name }) => {
        assert.deepEqual([scope, name], [{ kind: "global" }, "N"]);
        assert.deepEqual(bytes, SECRET);
      });
      assert.deepEqual((await contentOf(store)).secrets, before);
    });
  }
});

test("use() tells its callback which secret it was lent", async () => {
  const { vault, id } = await withSecret();
  const shown = await vault.show("N");
  const { lastUsedAtMs: _, ...metadata } = shown;
  await vault.use(id, {}, (_bytes, secret) => assert.deepEqual(secret, metadata));
});

test("use() may use and change the vault within its callback", async () => {
  const { vault } = await withSecret();
  await vault.use("N", {}, async (bytes) => {
    await vault.create({ name: "M", value: bytes });
    await vault.use("M", {}, (copy) => assert.deepEqual(copy, SECRET));
    await vault.rotate("N", utf8("next"));
    assert.deepEqual(bytes, SECRET);
  });
  await vault.use("N", {}, (bytes) => assert.deepEqual(bytes, utf8("next")));
});

test("use() puts use and denial on record, with the secret, its scope and the context", async () => {
  const vault = await initVault({ store: new MemoryStore() });
  const { id } = await vault.create({ name: "N", scope: IN_G, value: SECRET });
  const past = { name: "OLD", value: SECRET, expiresAtMs: START_MS - 1 };
  const expired = await vault.create(past);
  const other: UseContext = { workspaceId: "W", groupId: "H" };
  const uses: [string, UseContext][] = [[id, G], [id, other], [id, {}], [id, {
    workspaceId: "W",
  }], ["OLD", {}]];
  for (const [ref, context] of uses) {
    await vault.use(ref, context, () => {}).catch(() => {});
  }
  const rows = (await vault.audit({ limit: uses.length })).reverse();
  assert.deepEqual(
    rows.map(({ kind, secretId, scope, context, note }) => [kind, secretId, scope, context, note]),
    [
      ["secret.use", id, "group W/G", "group W/G", ""],
      ["secret.use.denied", id, "group W/G", "group W/H", "context"],
      ["secret.use.denied", id, "group W/G", "global", "context"],
      ["secret.use.denied", id, "group W/G", "workspace W", "context"],
      ["secret.use.denied", expired.id, "global", "global", "expired"],
    ],
  );
  assert.equal((await vault.show(id)).lastUsedAtMs, rows[0]?.timeMs);
});

test("use() has its use on record before the value is lent", async () => {
  const { vault, id } = await withSecret();
  await vault.use("N", {}, async () => {
    const [newest] = await vault.audit({ limit: 1 });
    assert.deepEqual([newest?.kind, newest?.secretId], ["secret.use", id]);
  });
});

test("use() and show() say NOT_FOUND for what there is not, and nothing is on record", async () => {
  const { vault, store } = await withSecret();
  const before = await contentOf(store);
  const unknown = "2b1c7a52-6f0e-4d1c-9a3b-0c5d8e7f6a10";
  for (const ref of ["M", "", "n", unknown, `vault:secret:${unknown}`, "vault:secret:N"]) {
    await assert.rejects(vault.use(ref, {}, () => {}), { code: "NOT_FOUND" }, ref);
    await assert.rejects(vault.show(ref), { code: "NOT_FOUND" }, ref);
  }
  assert.deepEqual(await contentOf(store), before);
});

test("use() is denied from the very millisecond of the expiry on, until the expiry is moved", async () => {
  let nowMs = START_MS;
  const vault = await initVault({ store: new MemoryStore(), now: () => nowMs });
  await vault.create({ name: "N", value: SECRET, expiresAtMs: START_MS + 10 });
  const isLent = () =>
    vault.use("N", {}, () => true).catch((error) => {
      assert.equal(error.code, "ACCESS_DENIED");
      assert.match(error.message, /expired/);
      return false;
    });
  const lentAt: boolean[] = [];
  for (nowMs of [START_MS + 9, START_MS + 10, START_MS + 11, START_MS * 2]) {
    lentAt.push(await isLent());
  }
  assert.deepEqual(lentAt, [true, false, false, false]);
  // An expired secret can still be cared for.
  await vault.rotate("N", SECRET);
  await vault.update("N", { expiresAtMs: nowMs + 1 });
  assert.equal(await isLent(), true);
  await vault.update("N", { expiresAtMs: 0 });
  assert.equal(await isLent(), false);
  await vault.update("N", { expiresAtMs: null });
  assert.equal(await isLent(), true);
});

test("create() and update() refuse an expiry that is no time", async () => {
  const { vault } = await withSecret();
  for (const expiresAtMs of [-1, 1.5, Number.NaN, Infinity, Number.MAX_SAFE_INTEGER + 1]) {
    await assert.rejects(vault.update("N", { expiresAtMs }), { code: "INVALID_INPUT" });
    const secret = { name: "M", value: SECRET, expiresAtMs };
    await assert.rejects(vault.create(secret), { code: "INVALID_INPUT" });
  }
});
