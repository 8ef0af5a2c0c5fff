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
  const { create = false, anyMode = false, busyTimeoutMs = 30_000 } = options;
  const path = checkFilePath(options.path, "open a database");
  if (Number.isInteger(busyTimeoutMs) && busyTimeoutMs >= 0 && busyTimeoutMs <= MAX_TIMEOUT_MS) {
    return { path, create, anyMode, busyTimeoutMs };
  }
  const problem = `the time to wait is not a whole number from 0 to ${MAX_TIMEOUT_MS}`;
  throw new VaultError("INVALID_INPUT", `open ${options.path}`, problem);
}

/**
 * The absolute path of a file. SQLite takes some paths for something else than a file, but none that is absolute.
 *
 * @throws {VaultError} `INVALID_INPUT` if there can be no such file.
 */
export function checkFilePath(path: string, attempted: string): string {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return resolve(path);
  throw new VaultError("INVALID_INPUT", attempted, "its path is not one of a file");
}
