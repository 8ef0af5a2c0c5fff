/**
 * `aivault rotate-master`
 *
 * @module
 */
import { wipe } from "../../crypto/bytes.ts";
import { VaultError } from "../../errors.ts";
import type { ProvidedKey } from "../../vault/keys/key_provider.ts";
import { type KeyProviders, providerOf } from "../../vault/keys/key_source.ts";
import type { ProviderSettings } from "../../vault/vault_row.ts";
import type { CliContext } from "../context.ts";
import { passphraseFlags, type UnlockFlags } from "../flags.ts";
import { readNewKey, type SecretFlags } from "../inputs.ts";
import { type CommandResult, hint } from "../report.ts";
import { withVault } from "../with_vault.ts";

/** Flags of `rotate-master`. */
export interface RotateMasterFlags extends UnlockFlags {
  readonly newKey?: string;
  readonly newKeyFile?: string;
  readonly newPassphrase?: string;
  readonly newPassphraseFile?: string;
}

const ATTEMPTED = "rotate the master key";

/** Wraps every DEK by a new key. */
export function rotateMaster(
  context: CliContext,
  flags: RotateMasterFlags,
): Promise<CommandResult> {
  const passphrase = {
    text: flags.newPassphrase,
    file: flags.newPassphraseFile,
    flag: "--new-passphrase",
  };
  const key = { text: flags.newKey, file: flags.newKeyFile, flag: "--new-key" };
  if (isGiven(passphrase) && isGiven(key)) {
    throw new VaultError(
      "INVALID_INPUT",
      ATTEMPTED,
      "a new key and a new passphrase cannot both be given",
    );
  }
  return withVault(context, passphraseFlags(flags, passphrase), async (vault, providers) => {
    await context.useNativeCipher();
    const { provider: settings } = await vault.info();
    const next = await nextKey(context, providers, settings, key, isGiven(passphrase));
    try {
      const { secrets, kekId } = await vault.rotateMaster(next);
      const provider = providerOf(providers, next.settings.type);
      const todo = provider.afterRotation?.(next.settings);
      if (todo !== undefined) hint(context, todo);
      return {
        text: [
          `rotated the master key: ${count(secrets)} under the new key in ${
            provider.describe(next.settings)
          }`,
        ],
        json: { secrets, kekId, provider: next.settings.type },
      };
    } finally {
      wipe(next.kek);
    }
  });
}

async function nextKey(
  context: CliContext,
  providers: KeyProviders,
  settings: ProviderSettings,
  key: SecretFlags,
  toPassphrase: boolean,
): Promise<ProvidedKey> {
  if (toPassphrase && settings.type !== "passphrase") {
    return await providerOf(providers, "passphrase").create({});
  }
  const newKey = await readNewKey(context, key, ATTEMPTED);
  try {
    return await providerOf(providers, settings.type).next(settings, { newKey });
  } finally {
    wipe(newKey);
  }
}

function isGiven(flags: SecretFlags): boolean {
  return flags.text !== undefined || flags.file !== undefined;
}

function count(secrets: number): string {
  return secrets === 1 ? "1 secret is" : `${secrets} secrets are`;
}
