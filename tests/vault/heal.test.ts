/**
 * Making a lost key anew: only if it is lost indeed, and nothing of the lost one stays in force.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { VaultError } from "../../lib/errors.ts";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import { Vault } from "../../lib/vault/vault.ts";
import type { ProviderSettings } from "../../lib/vault/vault_row.ts";
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

test("Vault.open() says that a staged key is out of reach, and makes none anew in its place", async () => {
  const { store, place, vault } = await made();
  const out = () => Promise.reject(new VaultError("KEY_UNAVAILABLE", "reach it", "it is away"));
  const reachable = forgetful(place);
  const halfway = await Vault.open({
    store,
    providers: new Map([["forgetful", { ...reachable, commit: out }]]),
  });
  await assert.rejects(halfway.rotateMaster(await reachable.next(SETTINGS, {})));
  const before = await contentOf(store);
  const next = () => assert.fail("a new key was made");
  const away = new Map([["forgetful", { ...reachable, loadStaged: out, next }]]);
  for (const isThere of [true, false]) {
    if (!isThere) delete place.key;
    await assert.rejects(Vault.open({ store, providers: away }), { code: "KEY_UNAVAILABLE" });
    assert.deepEqual(await contentOf(store), before);
  }
  await vault.create({ name: "A", value: utf8("a") });
  const { isIntact, unverifiableEvents } = await vault.verify();
  assert.deepEqual([isIntact, unverifiableEvents], [true, 0]);
});

test("Vault.open() looks for a key that was made anew where its provider has put it", async () => {
  const { store, place } = await made();
  delete place.key;
  const elsewhere: KeptKeys = {};
  const settings = { type: "forgetful", place: "elsewhere" };
  const [here, there] = [forgetful(place), forgetful(elsewhere)];
  const at = (given: ProviderSettings) => given.place === undefined ? here : there;
  const provider: KeyProvider = {
    ...here,
    load: (given) => at(given).load(given),
    next: async (_, request) => ({ ...await there.next(settings, request), settings }),
    stage: (given, kek) => at(given).stage(given, kek),
    loadStaged: (given) => at(given).loadStaged(given),
    commit: (given) => at(given).commit(given),
  };
  const providers = new Map([["forgetful", provider]]);
  await (await Vault.open({ store, providers })).close();
  assert.equal(elsewhere.key?.length, 32);
  const again = await Vault.open({ store, providers });
  await again.create({ name: "A", value: utf8("a") });
  assert.deepEqual((await again.info()).provider, settings);
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
