/**
 * From a command to an open vault, making one first if there is none.
 *
 * @module
 */
import { agentKeeper } from "../agent/agent_keeper.ts";
import { wipe } from "../crypto/bytes.ts";
import { hasCode, VaultError } from "../errors.ts";
import { vaultExists } from "../vault/init_vault.ts";
import type { CreatedKey, KeyOptions, KeyProvider } from "../vault/key_provider.ts";
import { type KekKeeper, type KeyProviders, providerOf } from "../vault/key_source.ts";
import type { Store } from "../vault/store.ts";
import { vaultInfo } from "../vault/vault_info.ts";
import { Vault } from "../vault/vault.ts";
import type { CliContext } from "./context.ts";
import { defaultProvider } from "./default_provider.ts";
import { type PassphraseFlags, passphrases } from "./inputs.ts";
import { warn } from "./report.ts";

/** Who the audit says acted. */
export const ACTOR = "cli";

/** The key that {@linkcode initialise} made or adopted. */
export interface Initialised {
  /** The provider that keeps it. */
  readonly provider: KeyProvider;
  /** Where it is, for people. */
  readonly description: string;
  /** Whether it was there already. */
  readonly adopted: boolean;
}

/** Runs `work` with the vault's key providers, and wipes the passphrases afterwards. */
export async function withProviders<T>(
  context: CliContext,
  flags: PassphraseFlags,
  work: (providers: KeyProviders) => Promise<T>,
): Promise<T> {
  const { source, wipe: wipePassphrases } = passphrases(context, flags);
  try {
    return await work(context.keyProviders(source));
  } finally {
    wipePassphrases();
  }
}

/**
 * Runs `work` with the vault open and its key at hand; makes a vault first if there is none. The agent is asked for
 * the key unless a flag gives the passphrase.
 */
export async function withVault<T>(
  context: CliContext,
  flags: PassphraseFlags,
  work: (vault: Vault, providers: KeyProviders) => Promise<T>,
): Promise<T> {
  return await withProviders(context, flags, async (providers) => {
    const store = await openOrInit(context, providers);
    let vault: Vault | undefined;
    try {
      vault = await Vault.open({
        store,
        providers,
        keeper: keeperFor(context, flags),
        actor: ACTOR,
      });
      return await work(vault, providers);
    } finally {
      await (vault ?? store).close();
    }
  });
}

/**
 * {@linkcode checkKey} for a command that needs no key: a passphrase is not asked for, but a key that is at hand and
 * does not fit is reported.
 */
export async function checkKeyAtHand(store: Store, providers: KeyProviders): Promise<void> {
  const { provider } = await vaultInfo(store);
  if (!providerOf(providers, provider.type).needsPassphrase) await checkKey(store, providers);
}

/** Makes sure that the key of the vault in `store` is at hand, and lets go of it. The store stays open. */
export async function checkKey(
  store: Store,
  providers: KeyProviders,
  keeper?: KekKeeper,
): Promise<void> {
  const kept: Store = {
    read: (work) => store.read(work),
    write: (work, options) => store.write(work, options),
    close: () => Promise.resolve(),
  };
  const vault = await Vault.open({ store: kept, providers, keeper, actor: ACTOR });
  await vault.close();
}

/** Where a key that needs a passphrase is looked for first: the agent, unless a flag gives the passphrase. */
export function keeperFor(context: CliContext, { unlock }: PassphraseFlags): KekKeeper {
  const keeper = agentKeeper(context.agent.connect, context.agent.clock);
  const givesPassphrase = unlock.text !== undefined || unlock.file !== undefined;
  // It is told of a rotation all the same.
  return givesPassphrase ? { ...keeper, find: () => Promise.resolve(undefined) } : keeper;
}

/** The store of the vault, which is made first if there is none. The caller closes it. */
export async function openOrInit(context: CliContext, providers: KeyProviders): Promise<Store> {
  const existing = await openExisting(context);
  if (existing !== undefined) return existing;
  await refuseForeign(context);
  const isDone = () => hasVault(context);
  try {
    await context.place.whileInitialising(isDone, () => autoInit(context, providers));
  } catch (error) {
    // A lock is taken over from who holds it too long, so another process may have made it meanwhile.
    if (!hasCode(error, "ALREADY_EXISTS") || !await isDone()) throw error;
  }
  const made = await openExisting(context);
  if (made !== undefined) return made;
  throw new VaultError("BUSY", "initialise the vault", "it vanished while it was being made");
}

/**
 * Makes a vault as the user asked.
 *
 * @throws {VaultError} `ALREADY_EXISTS` if there is one, changing nothing.
 */
export async function initialise(
  context: CliContext,
  provider: KeyProvider,
  options: KeyOptions,
  providers: KeyProviders,
): Promise<Initialised> {
  await refuseForeign(context);
  const made = await context.place.whileInitialising(
    () => hasVault(context),
    () => makeVault(context, provider, options, providers),
  );
  if (made === undefined) throw vaultExists();
  return made;
}

async function autoInit(context: CliContext, providers: KeyProviders): Promise<void> {
  const file = providerOf(providers, "file");
  if (defaultProvider(context) === "file") {
    return say(context, await makeVault(context, file, {}, providers));
  }
  try {
    const keychain = providerOf(providers, "macos-keychain");
    say(context, await makeVault(context, keychain, {}, providers));
  } catch (error) {
    if (!hasCode(error, "KEY_UNAVAILABLE")) throw error;
    warn(context, `the Keychain is unavailable (${error.problem}); the key goes to a file instead`);
    say(context, await makeVault(context, file, {}, providers));
  }
}

function say(context: CliContext, made: Initialised): void {
  const verb = made.adopted ? "adopted the key in" : "its key is in";
  context.stderr.write(
    `initialised a vault in ${context.place.directory}; ${verb} ${made.description}\n`,
  );
}

async function makeVault(
  context: CliContext,
  provider: KeyProvider,
  options: KeyOptions,
  providers: KeyProviders,
): Promise<Initialised> {
  const key: CreatedKey = await provider.create(options);
  try {
    const store = await context.place.openStore({ create: true });
    let vault: Vault | undefined;
    try {
      vault = await Vault.init({ store, key, providers, actor: ACTOR });
    } finally {
      await (vault ?? store).close();
    }
  } finally {
    wipe(key.kek);
  }
  return { provider, description: provider.describe(key.settings), adopted: key.adopted };
}

/** The store, if it holds a vault. The caller closes it. */
export async function openExisting(context: CliContext): Promise<Store | undefined> {
  if (!await context.place.hasDatabase()) return undefined;
  const store = await context.place.openStore({ create: false });
  try {
    if (await store.read((reader) => reader.vault()) !== undefined) return store;
  } catch (error) {
    await store.close();
    throw error;
  }
  await store.close();
  return undefined;
}

async function hasVault(context: CliContext): Promise<boolean> {
  const store = await openExisting(context);
  await store?.close();
  return store !== undefined;
}

async function refuseForeign(context: CliContext): Promise<void> {
  const { place } = context;
  if (await place.hasDatabase() || !await place.isForeign()) return;
  throw new VaultError(
    "ALREADY_EXISTS",
    "initialise the vault",
    `${place.directory} holds a vault of the Rust aivault`,
    {
      hints: [
        "nothing was changed; `aivault migrate`, when it is released, will read it",
        "for a new vault beside it, set AIVAULT_DIR to another directory",
      ],
    },
  );
}
