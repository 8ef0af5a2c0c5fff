/**
 * The exit codes, all of them.
 *
 * @module
 */
import { type ErrorCode, VaultError } from "../errors.ts";

/** What each code of an error makes the program exit with. 0 is success, 1 anything unexpected. */
export const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  INVALID_INPUT: 2,
  LOCKED: 3,
  NOT_FOUND: 4,
  ALREADY_EXISTS: 5,
  WRONG_KEY: 6,
  INTEGRITY: 7,
  UNSUPPORTED: 7,
  KEY_MISSING: 8,
  KEY_UNUSABLE: 8,
  KEY_STALE: 8,
  KEY_UNAVAILABLE: 8,
  BUSY: 9,
  ACCESS_DENIED: 10,
  DISK: 74,
};

/** The exit code for `error`. */
export function exitCodeOf(error: unknown): number {
  return error instanceof VaultError ? EXIT_CODES[error.code] : 1;
}
