/** Each key provider loses its key, and the recovery key gives every secret back under a provider of choice. */
import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import { readRow } from "../../lib/vault/read_row.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { vaultInfo } from "../../lib/vault/vault_info.ts";
import {
  envKeyProvider,
  fileKeyProvider,
  macosKeychainProvider,
  passphraseKeyProvider,
} from "../../providers/mod.ts";
import { ATTACHED, prepare } from "../helpers/operations.ts";
import { withDirectory } from "../helpers/program.ts";
import { eventKinds, makeRecoveryKey, storedRecovery } from "../helpers/recovery.ts";
import { KEK, OTHER_KEK, sqliteStore, utf8 } from "../helpers/vaults.ts";
import { fakeInProcess, type FakeSecurity } from "../keys/fake_keychain.ts";

const CHEAP = { "argon2-memory": "8", "argon2-iterations": "1" };
const TYPES = ["file", "env", "passphrase", "macos-keychain"] as const;
type Type = typeof TYPES[number];

/** Everything that the providers of a test keep keys in. */
class World {
  readonly directory: string;
  readonly keyFile: string;
  readonly keychain: FakeSecurity = fakeInProcess();
  variable: Uint8Array | undefined = KEK;
  passphrase = "the first passphrase";
  newPassphrase = "the second passphrase";

  constructor(directory: string) {
    this.directory = directory;
    this.keyFile = join(directory, "kek.key");
  }

  providers(): Map<string, KeyProvider> {
    const ask = (purpose: string) =>
      Promise.resolve(utf8(purpose === "new" ? this.newPassphrase : this.passphrase));
    const variable = this.variable && btoa(String.fromCharCode(...this.variable));
    const list = [
      fileKeyProvider({ vaultDirectory: this.directory, defaultPath: this.keyFile }),
      envKeyProvider(() => variable),
      passphraseKeyProvider(ask),
      macosKeychainProvider({ run: this.keychain.run }),
    ];
    return new Map(list.map((provider) => [provider.type, provider]));
  }

  provider(type: Type): KeyProvider {
    const provider = this.providers().get(type);
    assert.ok(provider);
    return provider;
  }

  async init(type: Type): Promise<Vault> {
    const store = await sqliteStore(this.directory);
    const kept = this.newPassphrase;
    this.newPassphrase = this.passphrase;
    const key = await this.provider(type).create(type === "passphrase" ? CHEAP : {});
    this.newPassphrase = kept;
    const vault = await Vault.init({ store, key, providers: this.providers() });
    await prepare(vault);
    return vault;
  }

  async open(): Promise<Vault> {
    const store = await sqliteStore(this.directory);
    try {
      return await Vault.open({ store, providers: this.providers() });
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  async recover(recoveryKey: Uint8Array, type: Type): Promise<Vault> {
    const store = await sqliteStore(this.directory);
    const next = () => this.provider(type).create(type === "passphrase" ? CHEAP : {});
    return await Vault.recover({ store, providers: this.providers(), recoveryKey, next });
  }
}

/** How each provider loses its key, and what the vault then says. */
const LOSSES: Record<Type, { lose: (world: World) => Promise<void>; code: string }> = {
  "file": { lose: (world) => rm(world.keyFile), code: "KEY_MISSING" },
  "env": {
    lose: async (world) => void (world.variable = undefined),
    code: "KEY_MISSING",
  },
  "passphrase": {
    lose: async (world) => void (world.passphrase = "a guess"),
    code: "WRONG_KEY",
  },
  "macos-keychain": { lose: (world) => world.keychain.keep([]), code: "KEY_MISSING" },
};

async function checkSecrets(vault: Vault): Promise<void> {
  const lent = (name: string, context = {}): Promise<string> =>
    vault.use(name, context, (value) => new TextDecoder().decode(value));
  assert.equal(await lent("A"), "the value of A");
  assert.equal(await lent("alias", ATTACHED), "the value of A");
  assert.equal(await lent("B"), "the value of B");
}

for (const from of TYPES) {
  for (const to of TYPES) {
    test(`Vault.recover() brings a vault of ${from} that lost its key back under ${to}`, async () => {
      await withDirectory(async (directory) => {
        const world = new World(directory);
        const made = await world.init(from);
        const recoveryKey = await makeRecoveryKey(made);
        await made.close();
        const { lose, code } = LOSSES[from];
        await lose(world);
        await assert.rejects(world.open(), (error: Error & { code?: string; hints?: string[] }) => {
          assert.equal(error.code, code);
          assert.ok(error.hints?.some((hint) => hint.includes("aivault recovery use")));
          return true;
        });
        world.variable = OTHER_KEK;
        const recovered = await world.recover(recoveryKey, to);
        await checkSecrets(recovered);
        assert.equal((await recovered.info()).provider.type, to);
        await recovered.close();
        // The new provider opens it from now on, and the recovery key still does.
        world.passphrase = world.newPassphrase;
        const opened = await world.open();
        await checkSecrets(opened);
        await opened.close();
        await LOSSES[to].lose(world);
        world.newPassphrase = "the third passphrase";
        const again = await world.recover(recoveryKey, "passphrase");
        await checkSecrets(again);
        await again.close();
      });
    });
  }
}

test("Vault.recover() needs no reachable Keychain, and one that it left behind opens nothing", async () => {
  await withDirectory(async (directory) => {
    const world = new World(directory);
    const made = await world.init("macos-keychain");
    const recoveryKey = await makeRecoveryKey(made);
    await made.close();
    const before = structuredClone(await world.keychain.entries());
    await world.keychain.behave("locked");
    await assert.rejects(world.open(), { code: "KEY_UNAVAILABLE" });
    const recovered = await world.recover(recoveryKey, "file");
    await checkSecrets(recovered);
    await recovered.close();
    assert.deepEqual(await world.keychain.entries(), before);
    const opened = await world.open();
    await checkSecrets(opened);
    // Nothing is left that a later command would have to finish.
    assert.equal((await readRow(await sqliteStore(directory))).rotation, null);
    await opened.close();
  });
});

test("Vault.recover() refuses the key that the vault has, and one that it had", async () => {
  await withDirectory(async (directory) => {
    const world = new World(directory);
    const vault = await world.init("file");
    const recoveryKey = await makeRecoveryKey(vault);
    const first = await readFile(world.keyFile);
    await assert.rejects(world.recover(recoveryKey, "file"), {
      code: "INVALID_INPUT",
      message: "recover the vault: the key there is the vault's own",
    });
    const next = await world.provider("file").next({ type: "file", path: "kek.key" }, {});
    await vault.rotateMaster(next);
    await writeFile(world.keyFile, first);
    await assert.rejects(world.recover(recoveryKey, "file"), {
      code: "INVALID_INPUT",
      message: "recover the vault: the new key is one that the vault had before",
    });
    assert.deepEqual(await readFile(world.keyFile), first);
    await vault.close();
  });
});

test("a Keychain entry that heals itself takes the recovery key of the lost one away", async () => {
  await withDirectory(async (directory) => {
    const world = new World(directory);
    const store = await sqliteStore(directory);
    const key = await world.provider("macos-keychain").create({});
    const vault = await Vault.init({ store, key, providers: world.providers() });
    const recoveryKey = await makeRecoveryKey(vault);
    await vault.close();
    await world.keychain.keep([]);
    const healed = await world.open();
    assert.equal((await healed.info()).recoveryCreatedAtMs, null);
    await healed.close();
    const again = await sqliteStore(directory);
    assert.deepEqual((await eventKinds(again)).slice(-2), ["vault.repair-key", "recovery.revoke"]);
    assert.equal(await storedRecovery(again), null);
    assert.equal((await vaultInfo(again)).recoveryCreatedAtMs, null);
    await again.close();
    await assert.rejects(world.recover(recoveryKey, "file"), { code: "NOT_FOUND" });
  });
});

test("createRecoveryKey() puts a wrong passphrase on record, also where the key is held elsewhere", async () => {
  await withDirectory(async (directory) => {
    const world = new World(directory);
    await (await world.init("passphrase")).close();
    const vault = await world.open();
    // It is open, but the key itself is needed again.
    const { passphrase } = world;
    world.passphrase = "a wrong one";
    const before = await vault.audit({ limit: 1 });
    await assert.rejects(makeRecoveryKey(vault), { code: "WRONG_KEY" });
    const [event] = await vault.audit({ limit: 1 });
    assert.deepEqual([event?.seq, event?.kind], [(before[0]?.seq ?? 0) + 1, "vault.unlock.failed"]);
    world.passphrase = passphrase;
    await makeRecoveryKey(vault);
    assert.ok((await vault.verify()).isIntact);
    await vault.close();
  });
});
