/**
 * Making a vault, as the user asks or when it is first needed.
 *
 * @module
 */
import { wipe } from "../crypto/bytes.ts";
import { hasCode, VaultError } from "../errors.ts";
import { vaultExists } from "../vault/init_vault.ts";
import type { CreatedKey, KeyOptions, KeyProvider } from "../vault/keys/key_provider.ts";
import { type KeyProviders, providerOf } from "../vault/keys/key_source.ts";
import type { Store } from "../vault/store.ts";
import { Vault } from "../vault/vault.ts";
import type { CliContext } from "./context.ts";
import { defaultProvider } from "./default_provider.ts";
import { refuseForeign } from "./refuse_foreign.ts";
import { say, warn } from "./report.ts";
import { ACTOR, hasVault, openExisting } from "./session.ts";

/** The key that {@linkcode initialise} made or adopted. */
export interface Initialised {
  /** The provider that keeps it. */
  readonly provider: KeyProvider;
  /** Where it is, for people. */
  readonly description: string;
  /** Whether it was there already. */
  readonly adopted: boolean;
}

/** Makes a vault with the key provider that is used when none is named, and opens its store. */
export async function makeDefaultVault(
  context: CliContext,
  providers: KeyProviders,
): Promise<Store> {
  await refuseForeign(context, "initialise the vault");
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
  await refuseForeign(context, "initialise the vault");
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
    return sayMade(context, await makeVault(context, file, {}, providers));
  }
  try {
    const keychain = providerOf(providers, "macos-keychain");
    sayMade(context, await makeVault(context, keychain, {}, providers));
  } catch (error) {
    if (!hasCode(error, "KEY_UNAVAILABLE")) throw error;
    warn(context, `the Keychain is unavailable (${error.problem}); the key goes to a file instead`);
    sayMade(context, await makeVault(context, file, {}, providers));
  }
}

function sayMade(context: CliContext, made: Initialised): void {
  const verb = made.adopted ? "adopted the key in" : "its key is in";
  const { directory } = context.place;
  say(context, `initialised a vault in ${directory}; ${verb} ${made.description}`);
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
