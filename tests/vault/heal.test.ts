/**
 * Making a lost key anew: only if it is lost indeed, and nothing of the lost one stays in force.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { VaultError } from "../../lib/errors.ts";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { forgetful, type KeptKeys } from "../helpers/forgetful.ts";
import { eventKinds, makeRecoveryKey, storedRecovery } from "../helpers/recovery.ts";
import { contentOf, utf8 } from "../helpers/vaults.ts";

const SETTINGS = { type: "forgetful" };

async function made(): Promise<{ store: MemoryStore; place: KeptKeys; vault: Vault }> {
  const place: KeptKeys = {};
  const provider = forgetful(place);
  const store = new MemoryStore();
  const providers = new Map([["forgetful", provider]]);
  const vault = await Vault.init({ store, key: await provider.create({}), providers });
  return { store, place, vault };
}

test("Vault.open() makes no key anew if another process has put it back meanwhile", async () => {
  for (const withSecret of [false, true]) {
    const { store, place, vault } = await made();
    if (withSecret) await vault.create({ name: "A", value: utf8("a") });
    const { key } = place;
    assert.ok(key !== undefined);
    const before = await contentOf(store);
    const provider = forgetful(place);
    let looks = 0;
    const late = {
      ...provider,
      load() {
        // The first look is too early.
        if (++looks > 1) return provider.load(SETTINGS);
        throw new VaultError("KEY_MISSING", "read the key", "it is gone");
      },
      next: () => assert.fail("a new key was made"),
    };
    const opened = await Vault.open({ store, providers: new Map([["forgetful", late]]) });
    assert.equal((await opened.info()).secrets, withSecret ? 1 : 0);
    assert.deepEqual(await contentOf(store), before);
  }
});

test("Vault.open() takes the recovery key of a lost key away, on record, and makes room for a new one", async () => {
  const { store, place, vault } = await made();
  const recoveryKey = await makeRecoveryKey(vault);
  delete place.key;
  const providers = new Map([["forgetful", forgetful(place)]]);
  const healed = await Vault.open({ store, providers });
  assert.equal(await storedRecovery(store), null);
  assert.deepEqual((await eventKinds(store)).slice(-2), ["vault.repair-key", "recovery.revoke"]);
  const next = () => assert.fail("a new key was asked for");
  await assert.rejects(Vault.recover({ store, providers, recoveryKey, next }), {
    code: "NOT_FOUND",
  });
  await makeRecoveryKey(healed);
  const { isIntact, findings } = await healed.verify();
  assert.deepEqual([isIntact, findings], [true, []]);
});
