/**
 * Vaults for the crash tests: one way to keep the key for each key provider, usable by the tests, by their
 * children and by the program alike.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { SecurityRunner } from "../../providers/host/security_command.ts";
import {
  envKeyProvider,
  fileKeyProvider,
  macosKeychainProvider,
  passphraseKeyProvider,
} from "../../providers/mod.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import {
  type KeyProvider,
  type KeyProviders,
  type ProvidedKey,
  type Scope,
  type UseContext,
  Vault,
} from "../../mod.ts";
import { fakeOnFile } from "../keys/fake_keychain.ts";

/** Where a vault and everything that opens it is; plain data, so that it can be given to a child. */
export interface World {
  /** The vault's directory. The Keychain is a file beside it. */
  readonly directory: string;
  /** The key provider that the vault begins with. */
  readonly provider: ProviderType;
  /** What the environment variable holds. */
  readonly variable: string;
  /** The passphrase that opens it now. */
  readonly passphrase: string;
}

/** The key providers under test. */
export type ProviderType = "file" | "env" | "passphrase" | "macos-keychain";

/** Where a rotation goes: to another key of the same provider, or to a passphrase. */
export type Target = "same" | "passphrase";

/** The key, and the passphrase, that a rotation goes to. */
export const NEXT_KEY: Uint8Array = new Uint8Array(32).fill(0x6e);
export const NEXT_PASSPHRASE = "the second passphrase";

const FIRST_KEY = new Uint8Array(32).fill(0x31);
const FIRST_PASSPHRASE = "the first passphrase";
const CHEAP = { "argon2-memory": "8", "argon2-iterations": "1" };

/** The environment of the program for `world`. */
export function environmentOf(world: World): Record<string, string> {
  return {
    AIVAULT_DIR: world.directory,
    AIVAULT_KEY: world.variable,
    AIVAULT_PASSPHRASE: world.passphrase,
  };
}

/** The file that the stand-in for the Keychain of `world` keeps its entries in. */
export function keychainOf(world: World): string {
  return `${world.directory}.keychain.json`;
}

/** The key providers of `world`, for the library. The Keychain is the stand-in, seen through `watch`. */
export function providersOf(
  world: World,
  newPassphrase: string = NEXT_PASSPHRASE,
  watch: (run: SecurityRunner) => SecurityRunner = (run) => run,
): Map<string, KeyProvider> {
  const { directory, variable, passphrase } = world;
  const ask = (purpose: string): Promise<Uint8Array> =>
    Promise.resolve(new TextEncoder().encode(purpose === "new" ? newPassphrase : passphrase));
  const list = [
    fileKeyProvider({ vaultDirectory: directory, defaultPath: join(directory, "kek.key") }),
    envKeyProvider((name) => name === "AIVAULT_KEY" ? variable : undefined),
    passphraseKeyProvider(ask),
    macosKeychainProvider({ run: watch(fakeOnFile(keychainOf(world))) }),
  ];
  return new Map(list.map((provider) => [provider.type, provider]));
}

/** Opens the vault of `world` through the library. */
export async function openVault(world: World, providers?: KeyProviders): Promise<Vault> {
  const store = await SqliteStore.open({ path: join(world.directory, "vault.db") });
  try {
    return await Vault.open({ store, providers: providers ?? providersOf(world) });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Recovers the vault of `world`, to a key of its provider. */
export async function recoverVault(
  world: World,
  recoveryKey: string,
  providers: KeyProviders = providersOf(world),
  onStep: (step: string) => Promise<void> = () => Promise.resolve(),
): Promise<Vault> {
  const store = await SqliteStore.open({ path: join(world.directory, "vault.db") });
  const options = world.provider === "passphrase" ? CHEAP : {};
  try {
    return await Vault.recover({
      store,
      providers,
      recoveryKey: new TextEncoder().encode(recoveryKey),
      next: () => providerIn(providers, world.provider).create(options),
      onStep,
    });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The key that a rotation goes to: `givenKey`, or one derived from the new passphrase of `providers`. */
export async function nextKey(
  providers: KeyProviders,
  vault: Vault,
  target: Target,
  givenKey: Uint8Array = NEXT_KEY,
): Promise<ProvidedKey> {
  const { provider: settings } = await vault.info();
  if (target === "passphrase" && settings.type !== "passphrase") {
    return await providerIn(providers, "passphrase").create(CHEAP);
  }
  const newKey = settings.type === "passphrase" ? undefined : givenKey;
  return await providerIn(providers, settings.type).next(settings, { newKey });
}

/** Runs `work` with the vault of `world` open. */
export async function withVault<T>(world: World, work: (vault: Vault) => Promise<T>): Promise<T> {
  const vault = await openVault(world);
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
}

/** The provider of this type. */
export function providerIn(providers: KeyProviders, type: string): KeyProvider {
  const provider = providers.get(type);
  assert.ok(provider);
  return provider;
}

/** A secret of the test vaults, and a context in which it may be used. */
interface Sample {
  readonly name: string;
  readonly value: string;
  readonly scope?: Scope;
  readonly context?: UseContext;
}

const group = { workspaceId: "w1", groupId: "g1" };

/** What every vault of {@linkcode makeVault} holds. */
export const SAMPLES: readonly Sample[] = [
  { name: "PLAIN", value: "plain-value-1" },
  { name: "OPENAI_API_KEY", value: "sk-pinned-value-2" },
  { name: "ATTACHED", value: "attached-value-3", context: group },
  {
    name: "WORKSPACE",
    value: "workspace-value-4",
    scope: { kind: "workspace", workspaceId: "w1" },
    context: { workspaceId: "w1" },
  },
  { name: "GROUP", value: "group-value-5", scope: { kind: "group", ...group }, context: group },
];

/** A place for a vault whose key is to be kept by `provider`. */
export function worldIn(directory: string, provider: ProviderType): World {
  const variable = Buffer.from(FIRST_KEY).toString("base64");
  return { directory, provider, variable, passphrase: FIRST_PASSPHRASE };
}

/** Makes a vault whose key is kept by `provider`, with the samples in it, or with `samples`. */
export async function makeVault(
  directory: string,
  provider: ProviderType,
  samples: readonly Sample[] = SAMPLES,
): Promise<World> {
  const world = worldIn(directory, provider);
  const providers = providersOf(world, FIRST_PASSPHRASE);
  const options = provider === "passphrase" ? CHEAP : {};
  const store = await SqliteStore.open({ path: join(directory, "vault.db"), create: true });
  const key = await providerIn(providers, provider).create(options);
  const vault = await Vault.init({ store, key, providers });
  for (const { name, value, scope } of samples) {
    await vault.create({ name, value: new TextEncoder().encode(value), scope });
  }
  if (samples === SAMPLES) await vault.attachGroup("ATTACHED", group);
  await vault.close();
  return world;
}

/** A copy of `world`, and of its Keychain, in another directory. */
export async function copyVault(world: World, directory: string): Promise<World> {
  const copy = { ...world, directory };
  await cp(world.directory, directory, { recursive: true });
  if (existsSync(keychainOf(world))) await cp(keychainOf(world), keychainOf(copy));
  return copy;
}

/** Checks that every sample opens with its value. */
export async function checkValues(vault: Vault): Promise<void> {
  for (const { name, value, context } of SAMPLES) {
    const found = await vault.use(name, context ?? {}, (bytes) => new TextDecoder().decode(bytes));
    assert.equal(found, value);
  }
}
