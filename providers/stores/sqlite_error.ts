/**
 * What SQLite reports, as errors of ours.
 *
 * @module
 */
import { VaultError } from "../../lib/errors.ts";
import { diskError } from "../host/disk_error.ts";

// Result codes of https://www.sqlite.org/rescode.html, the low byte.
const ERROR = 1;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const PROTOCOL = 15;
const CONSTRAINT = 19;
const NOTADB = 26;
// A whole code: there was no room to make the index of the write-ahead log, which reading needs too.
const IOERR_SHMSIZE = 4874;

// The constructor and `exec` of Deno's node:sqlite give SQLite's message without its code.
const messages: readonly (readonly [string, number])[] = [
  ["database is locked", BUSY],
  ["table is locked", LOCKED],
  ["readonly database", READONLY],
  ["disk I/O error", IOERR],
  ["malformed", CORRUPT],
  ["database or disk is full", FULL],
  ["unable to open database file", CANTOPEN],
  ["locking protocol", PROTOCOL],
  ["constraint failed", CONSTRAINT],
  ["file is not a database", NOTADB],
];

/** The primary result code of an error of SQLite; `undefined` for any other error. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR")) {
    return undefined;
  }
  const code = wholeCode(error);
  if (code !== undefined) return code & 0xff;
  return messages.find(([message]) => error.message.includes(message))?.[1] ?? ERROR;
}

function wholeCode(error: unknown): number | undefined {
  if (!(error instanceof Error && "errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode : undefined;
}

/** Whether SQLite refused because another connection holds a lock. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === BUSY || code === LOCKED || code === PROTOCOL;
}

/** Whether SQLite was refused the use of a file. */
export function isRefused(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === READONLY || code === CANTOPEN;
}

/** `error` as an error of ours, if it comes from SQLite or the file system. */
export function storeError(attempted: string, error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === undefined) {
    return isOutOfRange(error)
      ? damaged(attempted, "a stored number is out of range", error)
      : diskError(attempted, error);
  }
  const detail = error instanceof Error ? error.message : "";
  switch (code) {
    case BUSY:
    case LOCKED:
    case PROTOCOL:
      return new VaultError("BUSY", attempted, "another process holds the vault", {
        hints: ["nothing was changed; try again"],
        cause: error,
      });
    case FULL:
      return full(attempted, error);
    case READONLY:
      return inaccessible(attempted, "the vault cannot be written", error);
    case IOERR:
      return wholeCode(error) === IOERR_SHMSIZE
        ? full(attempted, error)
        : disk(attempted, "the disk reports an error", error);
    case CANTOPEN:
      return inaccessible(attempted, "the database cannot be opened", error);
    case CORRUPT:
    case NOTADB:
      return damaged(attempted, "the database is damaged", error);
    case ERROR:
      return damaged(attempted, "the tables are not those of a vault", error);
    case CONSTRAINT:
      return detail.includes("secret_names")
        ? new VaultError("ALREADY_EXISTS", attempted, "a name or alias is taken", { cause: error })
        : new VaultError("INTEGRITY", attempted, "the database is inconsistent", { cause: error });
    default:
      return error;
  }
}

function isOutOfRange(error: unknown): boolean {
  return error instanceof RangeError && "code" in error && error.code === "ERR_OUT_OF_RANGE";
}

/** The error of a database that is not as it was written. */
export function damaged(attempted: string, problem: string, cause?: unknown): VaultError {
  return new VaultError("INTEGRITY", attempted, problem, {
    hints: ["restore the vault from a backup"],
    cause,
  });
}

function full(attempted: string, cause: unknown): VaultError {
  return disk(attempted, "the disk is full", cause, "make room");
}

function disk(
  attempted: string,
  problem: string,
  cause: unknown,
  mend = "make room or mend the disk",
): VaultError {
  return new VaultError("DISK", attempted, problem, {
    hints: [`nothing was lost; ${mend}, then try again`],
    cause,
  });
}

function inaccessible(attempted: string, problem: string, cause: unknown): VaultError {
  return new VaultError("DISK", attempted, problem, {
    hints: ["nothing was lost; see what is wrong with its files: aivault doctor"],
    cause,
  });
}
