/**
 * Where a vault is.
 *
 * @module
 */
import { statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import process from "node:process";
import { VaultError } from "../../lib/errors.ts";
import { REPLACEMENT } from "./environment.ts";

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
 * @param home Gives the home directory.
 * @throws {VaultError} `INVALID_INPUT` if neither is known, or the first is not UTF-8, or relative to
 * a working directory that is gone.
 */
export function vaultPaths(
  aivaultDir: string | undefined,
  home: () => string = userHome,
): VaultPaths {
  const chosen = aivaultDir?.trim() ?? "";
  const isDefault = chosen === "";
  // The directory would be another one.
  if (chosen.includes(REPLACEMENT)) {
    throw new VaultError("INVALID_INPUT", "find the vault", "AIVAULT_DIR is not UTF-8 text", {
      hints: ["choose a directory whose path is; a symbolic link to it serves too"],
    });
  }
  const base = isDefault ? join(homeDirectory(home), ".aivault") : "";
  const directory = isDefault ? join(base, "data", "vault") : absolutePath(chosen);
  return {
    directory,
    database: join(directory, "vault.db"),
    keyFile: isDefault ? join(base, "keys", "kek.key") : join(directory, "kek.key"),
    initLock: join(directory, ".init-lock"),
    foreignVault: join(directory, "vault.json"),
    isDefault,
  };
}

/** The user's home directory: `HOME`, or what the list of users says if that is not set, or empty. */
export function userHome(): string {
  // Only Node takes an empty HOME for the home directory.
  return homedir() || userInfo().homedir;
}

function absolutePath(path: string): string {
  if (isAbsolute(path) || isSomewhere()) return resolve(path);
  const problem = "AIVAULT_DIR is a relative path, and the working directory is gone";
  throw new VaultError("INVALID_INPUT", "find the vault", problem, {
    hints: ["change to a directory that is there, or set AIVAULT_DIR to a whole path"],
  });
}

/** Whether the working directory is still there. Bun takes another one for one that was removed. */
function isSomewhere(): boolean {
  try {
    const [named, real] = [statSync(process.cwd()), statSync(".")];
    return named.dev === real.dev && named.ino === real.ino;
  } catch {
    return false;
  }
}

/**
 * The home directory that `home` gives.
 *
 * @throws {VaultError} `INVALID_INPUT` if there is none.
 */
export function homeDirectory(home: () => string): string {
  let directory: string | undefined;
  try {
    directory = home();
  } catch {
    // No HOME, and no entry in the list of users.
  }
  // Below a relative home the vault would be another one in each working directory.
  if (typeof directory === "string" && isAbsolute(directory)) return directory;
  throw new VaultError("INVALID_INPUT", "find the vault", "there is no home directory", {
    hints: ["set HOME, or AIVAULT_DIR to the directory of the vault"],
  });
}

/** Stands between the database's path and the rest of the name under which a restore keeps the previous one. */
export const KEPT_ASIDE = ".before-restore-";

/** Whether a file of this name in a vault's directory is one of the vault's own. */
export function isVaultFile(name: string): boolean {
  return /^(vault\.db|kek\.key|\.init-lock)/.test(name) || name === "run";
}
