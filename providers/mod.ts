/**
 * The key providers that Deno, Bun and Node can serve, and {@linkcode openVault}, which opens the vault of the command
 * line with them.
 *
 * @example
 * ```ts
 * import { envKeyProvider } from "@aivault/cli/providers";
 * import { MemoryStore, Vault } from "@aivault/cli";
 * import assert from "node:assert/strict";
 *
 * const text = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
 * const provider = envKeyProvider((name) => name === "AIVAULT_KEY" ? text : undefined);
 * const providers = new Map([[provider.type, provider]]);
 * const key = await provider.create({});
 * const vault = await Vault.init({ store: new MemoryStore(), key, providers });
 * key.kek.fill(0);
 * assert.equal((await vault.info()).provider.type, "env");
 * await vault.close();
 * ```
 *
 * @module
 */
export { useNativeCipher } from "./host/native_cipher.ts";
export { useNativeHash } from "./host/native_hash.ts";
export {
  securityCommand,
  type SecurityCommandOptions,
  type SecurityResult,
  type SecurityRunner,
} from "./host/security_command.ts";
export { vaultAgent } from "./host/vault_agent.ts";
export { DEFAULT_KEY_VARIABLE, envKeyProvider } from "./keys/env.ts";
export { type FileKeyOptions, fileKeyProvider } from "./keys/file.ts";
export { type MacosKeychainOptions, macosKeychainProvider } from "./keys/macos_keychain.ts";
export { passphraseKeyProvider } from "./keys/passphrase.ts";
export { openVault, type OpenVaultOptions } from "./open_vault.ts";
