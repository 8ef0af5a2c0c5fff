/**
 * How the path of a key file is written in the vault's settings, so that vault and key can be moved.
 *
 * @module
 */
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { VaultError } from "../../lib/errors.ts";
import { homeDirectory, userHome } from "./paths.ts";

/** Where the paths of key files begin. */
export interface KeyFileBase {
  /** The vault's directory. */
  readonly vaultDirectory: string;
  /** Gives the home directory. Default: that of the user. */
  readonly home?: (() => string) | undefined;
}

const HOME = "~/";

/**
 * How `path` is stored: relative to the vault's directory if it is inside, as `~/…` if it is `defaultPath` and
 * that is in the home directory, and else as it is.
 */
export function storedKeyFilePath(base: KeyFileBase, path: string, defaultPath: string): string {
  const inVault = pathWithin(base.vaultDirectory, path);
  if (inVault !== undefined) return inVault.startsWith(HOME) ? `./${inVault}` : inVault;
  // A path that somebody has named stays the one that was named.
  const home = path === resolve(defaultPath) ? knownHome(base) : undefined;
  const inHome = home === undefined ? undefined : pathWithin(home, path);
  return inHome === undefined ? path : `${HOME}${inHome.replaceAll(sep, "/")}`;
}

/**
 * The path that a stored one stands for.
 *
 * @throws {VaultError} `KEY_UNAVAILABLE` if it is in the home directory, and that is not known.
 */
export function keyFilePath(base: KeyFileBase, stored: string): string {
  if (!stored.startsWith(HOME)) return resolve(base.vaultDirectory, stored);
  const home = knownHome(base);
  if (home !== undefined) return join(home, stored.slice(HOME.length));
  throw new VaultError(
    "KEY_UNAVAILABLE",
    "find the vault's key",
    `its file is ${stored}, and there is no home directory`,
    { hints: ["set HOME to the home directory of the vault's owner"] },
  );
}

function knownHome({ home = userHome }: KeyFileBase): string | undefined {
  try {
    return homeDirectory(home);
  } catch {
    return undefined;
  }
}

function pathWithin(directory: string, path: string): string | undefined {
  const inside = relative(directory, path);
  return inside.startsWith("..") || isAbsolute(inside) ? undefined : inside;
}
