/**
 * A rotation of the master key whose new key could not be put in its place, since its provider could not be reached, and
 * a recovery after it that fails too: the staged key is the only one that opens the vault without the
 * recovery key, and must be found again.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { VaultError } from "../../lib/errors.ts";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import { readRow } from "../../lib/vault/read_row.ts";
import type { StepListener } from "../../lib/vault/keys/rotate_master.ts";
import type { Store } from "../../lib/vault/store.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { forgetful, type KeptKeys } from "../helpers/forgetful.ts";
import { MEMORY_KIND } from "../helpers/memory_kind.ts";
import { makeRecoveryKey } from "../helpers/recovery.ts";
import { STORE_KINDS, utf8 } from "../helpers/vaults.ts";

const SETTINGS = { type: "forgetful" };
const CALLS = ["load", "stage", "loadStaged", "commit", "discard", "retire"] as const;

/** What calls of the providers meet; `before` may throw. */
interface Weather {
  before: (call: string) => void;
}

function unreachable(call: string): never {
  throw new VaultError("KEY_UNAVAILABLE", call, "the place cannot be reached");
}

function unusable(call: string): never {
  throw new VaultError("KEY_UNUSABLE", call, "others can read it");
}

/** `provider` of another type, whose calls the weather may spoil. */
function exposed(provider: KeyProvider, type: string, weather: Weather): KeyProvider {
  const settings = { type };
  const calls = CALLS.map((call) => {
    const method = (...given: [never, never]) => {
      weather.before(`${call} of ${type}`);
      return provider[call](...given);
    };
    return [call, async (...given: [never, never]) => await method(...given)] as const;
  });
  return {
    ...provider,
    ...Object.fromEntries(calls),
    type,
    async create(options) {
      weather.before(`create of ${type}`);
      return { ...await provider.create(options), settings };
    },
    next: async (_, request) => ({ ...await provider.next(settings, request), settings }),
  };
}

/** A vault with a recovery key, and the two places that its key may be in. */
class Scene {
  readonly weather: Weather = { before: () => {} };
  readonly place: KeptKeys = {};
  readonly elsewhere: KeptKeys = {};
  readonly open: () => Promise<Store>;
  recoveryKey: Uint8Array = new Uint8Array();

  constructor(open: () => Promise<Store>) {
    this.open = open;
  }

  providers(): Map<string, KeyProvider> {
    const list = [
      exposed(forgetful(this.place), "forgetful", this.weather),
      exposed(forgetful(this.elsewhere), "elsewhere", this.weather),
    ];
    return new Map(list.map((provider) => [provider.type, provider]));
  }

  provider(type: string): KeyProvider {
    const provider = this.providers().get(type);
    assert.ok(provider);
    return provider;
  }

  /** Rotates, and leaves the new key staged. */
  async rotateHalf(): Promise<void> {
    const { weather } = this;
    const key = await this.provider("forgetful").create({});
    const store = await this.open();
    const vault = await Vault.init({ store, key, providers: this.providers() });
    await vault.create({ name: "A", value: utf8("a") });
    this.recoveryKey = await makeRecoveryKey(vault);
    weather.before = (call) => call.startsWith("commit") ? unreachable(call) : undefined;
    const next = await this.provider("forgetful").next(SETTINGS, {});
    await assert.rejects(vault.rotateMaster(next), { code: "KEY_UNAVAILABLE" });
    await vault.close();
    weather.before = () => {};
  }

  /** Recovers to the place `type`; whether it succeeded. */
  async recovers(type: string, onStep?: StepListener): Promise<boolean> {
    const { recoveryKey } = this;
    const store = await this.open();
    const providers = this.providers();
    const next = async () => await this.provider(type).create({});
    try {
      const recovered = await Vault.recover({ store, providers, recoveryKey, next, onStep });
      await recovered.close();
      return true;
    } catch {
      await store.close();
      return false;
    }
  }

  /** The vault opens by its provider, and nothing is left to be done. */
  async checkOpens(what: string): Promise<void> {
    const opened = await Vault.open({ store: await this.open(), providers: this.providers() });
    await opened.use("A", {}, (value) => assert.deepEqual(value, utf8("a"), what));
    const { type } = (await opened.info()).provider;
    await opened.close();
    const place = type === "forgetful" ? this.place : this.elsewhere;
    const store = await this.open();
    assert.equal((await readRow(store)).rotation, null, what);
    await store.close();
    assert.deepEqual([place.key?.length, place.staged], [32, undefined], what);
    const again = await Vault.open({ store: await this.open(), providers: this.providers() });
    await again.rotateMaster(await this.provider(type).next({ type }, {}));
    await again.use("A", {}, (value) => assert.deepEqual(value, utf8("a"), what));
    await again.close();
  }
}

/** Recovers while the calls whose numbers `fails` tells of fail; gives the number of the last one. */
async function recoverWith(
  scene: Scene,
  to: string,
  fails: (call: number) => boolean,
): Promise<number> {
  await scene.rotateHalf();
  if (to === "forgetful") delete scene.place.key;
  let calls = 0;
  scene.weather.before = (call) => {
    if (fails(++calls)) unreachable(call);
  };
  await scene.recovers(to);
  scene.weather.before = () => {};
  return calls;
}

for (
  const [to, where] of [["elsewhere", "another place"], ["forgetful", "the same place"]] as const
) {
  test(`Vault.recover() to ${where} leaves the staged key of a rotation to be found, whichever calls fail`, async () => {
    const { withPlace } = MEMORY_KIND;
    let calls = await withPlace((open) => recoverWith(new Scene(open), to, () => false));
    assert.ok(calls > 5);
    for (let first = 1; first <= calls; first++) {
      for (let second = first; second <= calls; second++) {
        await withPlace(async (open) => {
          const scene = new Scene(open);
          const fails = (call: number) => call === first || call === second;
          calls = Math.max(calls, await recoverWith(scene, to, fails));
          await scene.checkOpens(`calls ${first} and ${second} fail`);
        });
      }
      await withPlace(async (open) => {
        const scene = new Scene(open);
        await recoverWith(scene, to, (call) => call >= first);
        await scene.checkOpens(`all calls from ${first} on fail`);
      });
    }
  });
}

for (const { name, withPlace } of STORE_KINDS) {
  for (const at of ["intent", "staged", "rewrapped", "stored"]) {
    test(`Vault.recover() to the place of the staged key in ${name}, which ends at ${at} at the latest, does not write over it`, async () => {
      await withPlace(async (open) => {
        const scene = new Scene(open);
        await scene.rotateHalf();
        delete scene.place.key;
        scene.weather.before = (call) => call.startsWith("commit") ? unreachable(call) : undefined;
        const onStep = (step: string) => {
          if (step === at) throw new Error("the end");
        };
        assert.equal(await scene.recovers("forgetful", onStep), false);
        scene.weather.before = () => {};
        await scene.checkOpens(at);
      });
    });

    for (const to of ["forgetful", "elsewhere"]) {
      test(`Vault.recover() to ${to} in ${name}, which ends at ${at}, leaves a staged key that cannot be read`, async () => {
        await withPlace(async (open) => {
          const scene = new Scene(open);
          await scene.rotateHalf();
          delete scene.place.key;
          const read = ["loadStaged of forgetful", "commit of forgetful"];
          scene.weather.before = (call) => read.includes(call) ? unusable(call) : undefined;
          const onStep = (step: string) => {
            if (step === at) throw new Error("the end");
          };
          for (let times = 0; times < 2; times++) {
            assert.equal(await scene.recovers(to, onStep), false);
          }
          scene.weather.before = () => {};
          await scene.checkOpens(at);
        });
      });
    }

    test(`Vault.recover() in ${name} with the provider of the staged key out of reach, which ends at ${at}, leaves that key to be found`, async () => {
      await withPlace(async (open) => {
        const scene = new Scene(open);
        await scene.rotateHalf();
        scene.weather.before = (call) => {
          if (call.endsWith("forgetful")) unreachable(call);
        };
        const onStep = (step: string) => {
          if (step === at) throw new Error("the end");
        };
        assert.equal(await scene.recovers("elsewhere", onStep), false);
        scene.weather.before = () => {};
        await scene.checkOpens(at);
      });
    });
  }

  test(`Vault.recover() to a provider that cannot be reached leaves ${name} to be rotated by the caller's key`, async () => {
    await withPlace(async (open) => {
      const [kek, next] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
      const vault = await Vault.init({ store: await open(), kek });
      const recoveryKey = await makeRecoveryKey(vault, { kek });
      await vault.close();
      const scene = new Scene(open);
      scene.recoveryKey = recoveryKey;
      scene.weather.before = (call) => call.startsWith("stage") ? unreachable(call) : undefined;
      assert.equal(await scene.recovers("forgetful"), false);
      const again = await Vault.open({ store: await open(), kek });
      await again.rotateMaster({ settings: { type: "caller" }, kek: next });
      await again.close();
    });
  });

  test(`Vault.open() of ${name} with its key in place leaves a staged copy that cannot be read for later`, async () => {
    await withPlace(async (open) => {
      const scene = new Scene(open);
      await scene.rotateHalf();
      const { staged } = scene.place;
      assert.ok(staged);
      scene.place.key = staged.slice();
      const read = ["loadStaged of forgetful", "commit of forgetful"];
      scene.weather.before = (call) => read.includes(call) ? unusable(call) : undefined;
      const vault = await Vault.open({ store: await open(), providers: scene.providers() });
      await vault.use("A", {}, (value) => assert.deepEqual(value, utf8("a")));
      await vault.close();
      assert.deepEqual(scene.place.staged, staged);
      scene.weather.before = () => {};
      await scene.checkOpens("read again");
    });
  });

  test(`Vault.open() by a key that the caller gives leaves a rotation to be finished by its provider in ${name}`, async () => {
    await withPlace(async (open) => {
      const scene = new Scene(open);
      await scene.rotateHalf();
      const kek = scene.place.staged;
      assert.ok(kek !== undefined);
      const vault = await Vault.open({ store: await open(), kek });
      await vault.use("A", {}, (value) => assert.deepEqual(value, utf8("a")));
      const next = { settings: { type: "caller" }, kek: new Uint8Array(32).fill(1) };
      await assert.rejects(vault.rotateMaster(next), { code: "UNSUPPORTED" });
      await vault.close();
      await scene.checkOpens("opened by a key before");
    });
  });
}
