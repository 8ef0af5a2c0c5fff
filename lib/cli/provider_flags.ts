/**
 * What the flags mean that choose a key provider. How they are written stands in `syntax/provider_flags.ts`.
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import type { KeyOptions, KeyProvider } from "../vault/keys/key_provider.ts";
import type { KeyProviders } from "../vault/keys/key_source.ts";
import type { CliContext } from "./context.ts";
import type { UnlockFlags } from "./flags.ts";
import { defaultProvider } from "./default_provider.ts";

/** `--provider`, and an option for each that some provider understands. */
export type ProviderFlags =
  & UnlockFlags
  & { readonly provider?: string }
  & Readonly<Record<string, unknown>>;

/** What to say of a key that was adopted. */
export const SHARED_KEY =
  "the key was there already; a vault that shares it is locked out when this one's master key is rotated";

/**
 * The provider that the flags name, or the one that is used when none is named.
 *
 * @throws {VaultError} `INVALID_INPUT` if there is none of this name.
 */
export function chosenProvider(
  context: CliContext,
  providers: KeyProviders,
  flags: ProviderFlags,
  attempted: string,
): KeyProvider {
  const provider = providers.get(flags.provider ?? defaultProvider(context));
  if (provider !== undefined) return provider;
  throw new VaultError("INVALID_INPUT", attempted, "there is no such key provider", {
    hints: [`choose one of: ${[...providers.keys()].join(", ")}`],
  });
}

/**
 * The options of `provider` among the flags.
 *
 * @throws {VaultError} `INVALID_INPUT` for a flag of another provider, which would be ignored without a word.
 */
export function keyOptions(
  provider: KeyProvider,
  providers: KeyProviders,
  flags: ProviderFlags,
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
