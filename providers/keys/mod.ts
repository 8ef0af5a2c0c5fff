/**
 * The key providers of the program.
 *
 * @module
 */
import type { PassphraseSource } from "../../lib/vault/keys/key_provider.ts";
import type { KeyProviders } from "../../lib/vault/keys/key_source.ts";
import type { SecurityRunner } from "../host/security_command.ts";
import { envKeyProvider } from "./env.ts";
import { type FileKeyOptions, fileKeyProvider } from "./file.ts";
import { macosKeychainProvider } from "./macos_keychain.ts";
import { passphraseKeyProvider } from "./passphrase.ts";

/** What the key providers need. */
export interface KeyProviderPowers {
  /** Asks for a passphrase. */
  readonly passphrase: PassphraseSource;
  /** Gives the value of an environment variable. */
  env(name: string): string | undefined;
  /** Where key files are. */
  readonly file: FileKeyOptions;
  /** Runs the command of the macOS Keychain. */
  readonly security: SecurityRunner;
}

/** All key providers by type, in the order of the help. */
export function keyProviders(powers: KeyProviderPowers): KeyProviders {
  const list = [
    macosKeychainProvider({ run: powers.security }),
    passphraseKeyProvider(powers.passphrase),
    envKeyProvider(powers.env),
    fileKeyProvider(powers.file),
  ];
  return new Map(list.map((provider) => [provider.type, provider]));
}
