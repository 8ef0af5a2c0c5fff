/**
 * How a database is opened.
 *
 * @module
 */
import { resolve } from "node:path";
import { VaultError } from "../../lib/errors.ts";

/** How a database is opened. */
export interface SqliteStoreOptions {
  /** The database file. A relative path starts at the current directory. */
  readonly path: string;
  /** Make it, and its directory, if it does not exist. Default: false. */
  readonly create?: boolean | undefined;
  /** Open it though other users can reach it, to see what else is wrong. Default: false. */
  readonly anyMode?: boolean | undefined;
  /** How long to wait for other processes before `BUSY`. Milliseconds, 0 to 2,147,483,647. Default: 30,000. */
  readonly busyTimeoutMs?: number | undefined;
}

const MAX_TIMEOUT_MS = 2_147_483_647;

/** The options, all of them. */
interface CheckedOptions {
  readonly path: string;
  readonly create: boolean;
  readonly anyMode: boolean;
  readonly busyTimeoutMs: number;
}

/**
 * The options, with their defaults.
 *
 * @throws {VaultError} `INVALID_INPUT` if one is out of its bounds.
 */
export function checkOptions(options: SqliteStoreOptions): CheckedOptions {
  const { path, create = false, anyMode = false, busyTimeoutMs = 30_000 } = options;
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw new VaultError("INVALID_INPUT", "open a database", "its path is not one of a file");
  }
  if (Number.isInteger(busyTimeoutMs) && busyTimeoutMs >= 0 && busyTimeoutMs <= MAX_TIMEOUT_MS) {
    // SQLite takes some paths for something else than a file, but none that is absolute.
    return { path: resolve(path), create, anyMode, busyTimeoutMs };
  }
  const problem = `the time to wait is not a whole number from 0 to ${MAX_TIMEOUT_MS}`;
  throw new VaultError("INVALID_INPUT", `open ${path}`, problem);
}
