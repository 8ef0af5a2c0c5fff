/**
 * Vault.verify() of many events: a few hundred rows at a time, however many there are.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { callerKey } from "../../lib/vault/keys/key_source.ts";
import { builtInRegistry } from "../../lib/vault/registry.ts";
import type { Store } from "../../lib/vault/store.ts";
import { transact } from "../../lib/vault/transaction.ts";
import { initVault, KEK, openVault, START_MS, STORE_KINDS, utf8 } from "../helpers/vaults.ts";
import { shortFindings } from "../helpers/verified.ts";

const SECRETS = 1_200;
const options = { timeout: 300_000 };

/** `store`, which tells the most rows that any reading has given. */
function counting(store: Store): { store: Store; most: () => number } {
  let most = 0;
  const read: Store["read"] = (work) =>
    store.read((reader) =>
      work(
        new Proxy(reader, {
          get(target, method) {
            const member: unknown = Reflect.get(target, method);
            if (typeof member !== "function") return member;
            return async (...given: unknown[]): Promise<unknown> => {
              const result: unknown = await member.apply(target, given);
              if (Array.isArray(result)) most = Math.max(most, result.length);
              return result;
            };
          },
        }),
      )
    );
  const write: Store["write"] = (work, writing) => store.write(work, writing);
  return { store: { read, write, close: () => store.close() }, most: () => most };
}

/** Records events in one transaction, which is quick. */
function recordMany(store: Store, count: number): Promise<void> {
  const keys = callerKey(KEK);
  const state = { store, keys, registry: builtInRegistry, now: () => START_MS, actor: "test" };
  return transact(state, async (transaction) => {
    for (let i = 0; i < count; i++) await transaction.record({ kind: "vault.lock" });
  });
}

for (const { name, withStore } of STORE_KINDS) {
  // The store on disk is the one that holds many.
  const EVENTS = name === "SqliteStore" ? 100_000 : 10_000;
  test(
    `verify() of ${EVENTS} events in a ${name} holds 500 rows at a time, and misses none`,
    options,
    async () => {
      await withStore(async (store) => {
        const vault = await initVault({ store });
        await vault.import(Array.from({ length: SECRETS }, (_, i) => ({
          name: `S${i}`,
          value: utf8("v"),
        })));
        await recordMany(store, EVENTS - SECRETS - 1);
        const { store: watched, most } = counting(store);
        const { isIntact, events, secrets } = await (await openVault({ store: watched })).verify();
        assert.deepEqual([isIntact, events, secrets], [true, EVENTS, SECRETS]);
        assert.equal(most(), 500);
        await store.write((writer) => writer.removeAudit({ from: 9_000, through: 9_000 }));
        assert.deepEqual(shortFindings(await vault.verify()), [
          "event-missing 9000",
          "event-unlinked 9001",
        ]);
      });
    },
  );
}
