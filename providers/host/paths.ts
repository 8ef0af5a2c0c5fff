/**
 * Where a vault is.
 *
 * @module
 */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { VaultError } from "../../lib/errors.ts";

/** Where a vault's parts are. */
export interface VaultPaths {
  /** The vault's directory. */
  readonly directory: string;
  /** The database in it. */
  readonly database: string;
  /** The key file that the file provider uses when none is named. */
  readonly keyFile: string;
  /** Held while the vault is being made. */
  readonly initLock: string;
  /** Present if the directory belongs to the Rust program of the same name. */
  readonly foreignVault: string;
  /** Whether this is the place used when nothing else is said. */
  readonly isDefault: boolean;
}

/**
 * The places of the vault in `AIVAULT_DIR`, or of the one in the user's home.
 *
 * @throws {VaultError} `INVALID_INPUT` if neither is known.
 */
export function vaultPaths(aivaultDir: string | undefined): VaultPaths {
  const chosen = aivaultDir?.trim() ?? "";
  const isDefault = chosen === "";
  const home = isDefault ? join(homeDirectory(), ".aivault") : "";
  const directory = isDefault ? join(home, "data", "vault") : resolve(chosen);
  return {
    directory,
    database: join(directory, "vault.db"),
    keyFile: isDefault ? join(home, "keys", "kek.key") : join(directory, "kek.key"),
    initLock: join(directory, ".init-lock"),
    foreignVault: join(directory, "vault.json"),
    isDefault,
  };
}

// Below a relative home the vault would be another one in each working directory.
function homeDirectory(): string {
  let home: string | undefined;
  try {
    home = homedir();
  } catch {
    // No HOME, and no entry in the list of users.
  }
  if (typeof home === "string" && isAbsolute(home)) return home;
  throw new VaultError("INVALID_INPUT", "find the vault", "there is no home directory", {
    hints: ["set HOME, or AIVAULT_DIR to the directory of the vault"],
  });
}

/** Whether a file of this name in a vault's directory is one of the vault's own. */
export function isVaultFile(name: string): boolean {
  return /^(vault\.db|kek\.key|\.init-lock)/.test(name) || name === "run";
}
