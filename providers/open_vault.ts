/**
 * The vault of the command line, for programs.
 *
 * @module
 */
import { textBytes } from "../lib/crypto/text_bytes.ts";
import { VaultError } from "../lib/errors.ts";
import type { PassphraseSource } from "../lib/vault/keys/key_provider.ts";
import { Vault } from "../lib/vault/vault.ts";
import { environment, visibleEnvironment } from "./host/environment.ts";
import { vaultPaths } from "./host/paths.ts";
import { securityCommand } from "./host/security_command.ts";
import { vaultAgent } from "./host/vault_agent.ts";
import { keyProviders } from "./keys/mod.ts";

/** Which vault is opened, by whom, and how. */
export interface OpenVaultOptions {
  /**
   * The vault's directory; a relative path begins at the working directory. Default: the one of the environment
   * variable `AIVAULT_DIR`, or `.aivault/data/vault` in the user's home.
   */
  readonly directory?: string | undefined;
  /** Who acts, for the audit: 1 to 255 characters, without control characters. Default: `library`. */
  readonly actor?: string | undefined;
  /**
   * Asked for the passphrase of a vault that has one, if no agent has it unlocked. Default: it is in the environment
   * variable `AIVAULT_PASSPHRASE`.
   */
  readonly passphrase?: PassphraseSource | undefined;
}

const ATTEMPTED = "open the vault";

const VARIABLE = "AIVAULT_PASSPHRASE";

// async: a failure is a rejection, never a throw
const fromEnvironment: PassphraseSource = async () => {
  const passphrase = environment(VARIABLE) ?? "";
  if (passphrase !== "") {
    return textBytes(passphrase, VARIABLE, "it has to be UTF-8 text", ATTEMPTED);
  }
  throw new VaultError("LOCKED", ATTEMPTED, "it is locked", {
    hints: [`unlock it with: aivault unlock, or give its passphrase in ${VARIABLE}`],
  });
};

/**
 * Opens the vault that the program `aivault` uses, with whichever of its key providers it has. It is not made if it is
 * not there. The caller closes it.
 *
 * @throws {VaultError} `NOT_FOUND` if there is none, `LOCKED` if it has a passphrase, no agent has it unlocked and
 * none is given, `INVALID_INPUT` for an empty path, an actor out of bounds or a passphrase that is not UTF-8, and what
 * {@linkcode Vault.open} and `SqliteStore.open` report.
 *
 * @example
 * ```ts
 * import { fileKeyProvider, openVault } from "@aivault/cli/providers";
 * import { Vault } from "@aivault/cli";
 * import { SqliteStore } from "@aivault/cli/stores/sqlite";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * // As `AIVAULT_DIR=… aivault init` and `aivault secrets create TOKEN` would do.
 * const directory = await mkdtemp(join(tmpdir(), "aivault-"));
 * const file = fileKeyProvider({ vaultDirectory: directory, defaultPath: join(directory, "kek.key") });
 * const store = await SqliteStore.open({ path: join(directory, "vault.db"), create: true });
 * const key = await file.create({});
 * const made = await Vault.init({ store, key, providers: new Map([[file.type, file]]) });
 * key.kek.fill(0);
 * await made.create({ name: "TOKEN", value: new TextEncoder().encode("s3cret") });
 * await made.close();
 *
 * const vault = await openVault({ directory, actor: "example" });
 * assert.equal(await vault.use("TOKEN", {}, (value) => value.length), 6);
 * await vault.close();
 * await rm(directory, { recursive: true });
 * ```
 */
export async function openVault(options: OpenVaultOptions = {}): Promise<Vault> {
  const { directory, actor, passphrase = fromEnvironment } = options;
  if (directory?.trim() === "") {
    throw new VaultError("INVALID_INPUT", ATTEMPTED, "the path of its directory is empty");
  }
  const paths = vaultPaths(directory ?? visibleEnvironment("AIVAULT_DIR"));
  const providers = keyProviders({
    passphrase,
    env: environment,
    file: { vaultDirectory: paths.directory, defaultPath: paths.keyFile },
    security: securityCommand(),
  });
  const { SqliteStore } = await import("./stores/sqlite.ts");
  const store = await SqliteStore.open({ path: paths.database });
  try {
    return await Vault.open({ store, providers, keeper: vaultAgent(paths.directory), actor });
  } catch (error) {
    await store.close();
    throw error;
  }
}
