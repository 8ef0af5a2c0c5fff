/**
 * `aivault init`
 *
 * @module
 */
import { VaultError } from "../../errors.ts";
import type { KeyOptions, KeyProvider } from "../../vault/key_provider.ts";
import type { KeyProviders } from "../../vault/key_source.ts";
import type { CliContext } from "../context.ts";
import { defaultProvider } from "../default_provider.ts";
import { factLines } from "../describe.ts";
import { passphraseFlags, type UnlockFlags } from "../flags.ts";
import { type CommandResult, hint } from "../report.ts";
import { initialise, openExisting, withProviders } from "../session.ts";
import { vaultExists } from "../../vault/init_vault.ts";

/** Flags of `init`: `--provider`, and an option for each that some provider understands. */
export type InitFlags =
  & UnlockFlags
  & { readonly provider?: string }
  & Readonly<Record<string, unknown>>;

/** Makes a vault with the key provider that the flags name. */
export function init(context: CliContext, flags: InitFlags): Promise<CommandResult> {
  const attempted = "initialise the vault";
  return withProviders(context, passphraseFlags(flags), async (providers) => {
    const existing = await openExisting(context);
    await existing?.close();
    if (existing !== undefined) throw vaultExists();
    const provider = chosenProvider(context, providers, flags, attempted);
    const options = optionsFor(provider, providers, flags, attempted);
    const made = await initialise(context, provider, options, providers);
    if (made.adopted && provider.type !== "env") {
      hint(
        context,
        "the key was there already; a vault that shares it is locked out when this one's master key is rotated",
      );
    }
    const { directory } = context.place;
    const { description, adopted } = made;
    return {
      text: factLines([
        ["initialised", directory],
        ["provider", provider.type],
        ["key", `${description}${adopted ? " (adopted)" : ""}`],
      ]),
      json: { directory, provider: provider.type, key: description, adopted },
    };
  });
}

function chosenProvider(
  context: CliContext,
  providers: KeyProviders,
  flags: InitFlags,
  attempted: string,
): KeyProvider {
  const provider = providers.get(flags.provider ?? defaultProvider(context));
  if (provider !== undefined) return provider;
  throw new VaultError("INVALID_INPUT", attempted, "there is no such key provider", {
    hints: [`choose one of: ${[...providers.keys()].join(", ")}`],
  });
}

// A flag of another provider would be silently ignored, so it is refused.
function optionsFor(
  provider: KeyProvider,
  providers: KeyProviders,
  flags: InitFlags,
  attempted: string,
): KeyOptions {
  const options: Record<string, string> = {};
  for (const [type, other] of providers) {
    for (const { name } of other.options) {
      const value = flags[camelCase(name)];
      if (typeof value !== "string") continue;
      if (type !== provider.type) refuseFlag(`--${name}`, provider.type, attempted);
      options[name] = value;
    }
  }
  if (!provider.needsPassphrase) {
    if (flags.passphrase !== undefined) refuseFlag("--passphrase", provider.type, attempted);
    if (flags.passphraseFile !== undefined) {
      refuseFlag("--passphrase-file", provider.type, attempted);
    }
  }
  return options;
}

function refuseFlag(flag: string, type: string, attempted: string): never {
  throw new VaultError("INVALID_INPUT", attempted, `${flag} is not for provider ${type}`);
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
