/**
 * What takes two steps with the vault's key, and another process rotates the key between them.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { VaultError } from "../../lib/errors.ts";
import { randomBytes } from "../../lib/crypto/bytes.ts";
import { parseTypedKey } from "../../lib/crypto/typed_key.ts";
import { kekIdOf } from "../../lib/vault/keys/kek.ts";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import { readRow } from "../../lib/vault/read_row.ts";
import { openRecovery } from "../../lib/vault/keys/recovery.ts";
import { takeKek } from "../../lib/vault/keys/take_kek.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { forgetful, type KeptKeys } from "../helpers/forgetful.ts";
import { eventKinds, makeRecoveryKey } from "../helpers/recovery.ts";

interface Scene {
  readonly store: MemoryStore;
  readonly vault: Vault;
  readonly providers: ReadonlyMap<string, KeyProvider>;
  /** Rotates the master key, as another process does. */
  rotate(): Promise<void>;
  /** Has the key rotated when it was loaded next, and is not used yet. */
  rotateAfterLoading(times: number): void;
}

async function scene(): Promise<Scene> {
  const place: KeptKeys = {};
  const store = new MemoryStore();
  const provider = forgetful(place);
  let times = 0;
  const overtaken: KeyProvider = {
    ...provider,
    async load(settings) {
      const kek = await provider.load(settings);
      if (times-- > 0) await rotate();
      return kek;
    },
  };
  const providers = new Map([[provider.type, overtaken]]);
  await (await Vault.init({ store, key: await provider.create({}), providers })).close();
  const vault = await Vault.open({ store, providers });
  const rotate = async (): Promise<void> => {
    const other = await Vault.open({ store, providers: new Map([[provider.type, provider]]) });
    await other.rotateMaster(await provider.next({ type: provider.type }, {}));
    await other.close();
  };
  return { store, vault, providers, rotate, rotateAfterLoading: (many) => void (times = many) };
}

test("takeKek() gives the key of after a rotation that came between, and one unlocking is on record", async () => {
  const { store, providers, rotateAfterLoading } = await scene();
  rotateAfterLoading(2);
  const taken = await takeKek({ store, now: Date.now, actor: "test" }, providers);
  const { vaultId, kekId } = await readRow(store);
  assert.equal(kekIdOf(taken.kek, vaultId), kekId);
  assert.equal(taken.kekId, kekId);
  const kinds = await eventKinds(store);
  assert.equal(kinds.filter((kind) => kind === "vault.rotate-master").length, 2, kinds.join(" "));
  assert.equal(kinds.filter((kind) => kind.startsWith("vault.unlock")).length, 1);
});

test("open() looks again if the places of the key were changed while it looked into them", async () => {
  for (const code of ["KEY_UNUSABLE", "KEY_UNAVAILABLE", "DISK"] as const) {
    const { store, vault, providers, rotate } = await scene();
    const next = { settings: { type: "forgetful" }, kek: randomBytes(32) };
    await assert.rejects(vault.rotateMaster(next, () => assert.fail("it died")));
    const [provider] = providers.values();
    assert.ok(provider);
    let looks = 0;
    const changing: KeyProvider = {
      ...provider,
      async load(settings) {
        if (looks++ === 0) await rotate();
        return await provider.load(settings);
      },
      loadStaged: () => Promise.reject(new VaultError(code, "read the key", "it was replaced")),
    };
    const opened = await Vault.open({ store, providers: new Map([["forgetful", changing]]) });
    assert.equal((await opened.info()).secrets, 0, code);
  }
});

test("recover() says that another rotation came between, and of no key that it was stale", async () => {
  for (const isNoted of [false, true]) {
    const { store, vault, providers, rotate } = await scene();
    const recoveryKey = await makeRecoveryKey(vault);
    const settings = { type: "forgetful" };
    const made = () => ({ settings, kek: randomBytes(32) });
    const next = async () => {
      await rotate();
      // One more is under way.
      if (isNoted) await assert.rejects(vault.rotateMaster(made(), () => assert.fail("it died")));
      return made();
    };
    await assert.rejects(Vault.recover({ store, providers, recoveryKey, next }), { code: "BUSY" });
    await vault.close();
  }
});

test("createRecoveryKey() makes what it shows open the key of after a rotation that came between", async () => {
  for (const isShown of [false, true]) {
    const { store, vault, rotate, rotateAfterLoading } = await scene();
    rotateAfterLoading(isShown ? 0 : 1);
    let recoveryKey: Uint8Array = new Uint8Array();
    await vault.createRecoveryKey(async (text) => {
      assert.equal(recoveryKey.length, 0, "it is shown once");
      recoveryKey = parseTypedKey(text, "test");
      if (isShown) await rotate();
    });
    const row = await readRow(store);
    assert.equal(kekIdOf(await openRecovery(recoveryKey, row), row.vaultId), row.kekId);
    assert.equal((await vault.verify()).isIntact, true);
    await vault.close();
  }
});
