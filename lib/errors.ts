/**
 * The one error class of aivault, and the closed list of its codes.
 *
 * @module
 */

/**
 * Why an operation failed. Codes are stable: scripts and callers may compare them.
 *
 * | code | meaning |
 * |---|---|
 * | `INVALID_INPUT` | the caller gave something outside the documented bounds |
 * | `LOCKED` | the key needs a passphrase and none was given, or the vault was closed |
 * | `NOT_FOUND` | no such vault, secret, recovery key or backup |
 * | `ALREADY_EXISTS` | a vault, name, alias, recovery key or file is already there |
 * | `WRONG_KEY` | a key or passphrase was given and it is not this vault's |
 * | `INTEGRITY` | stored data was changed, swapped or damaged |
 * | `KEY_MISSING` | the key provider has no key where the vault expects one |
 * | `KEY_UNUSABLE` | the key provider has something that cannot serve as the key |
 * | `KEY_STALE` | the key provider still holds a key from before a rotation |
 * | `KEY_UNAVAILABLE` | the key provider cannot be reached or refuses |
 * | `BUSY` | others hold the vault for too long, or came between |
 * | `ACCESS_DENIED` | the secret may not be used in that context |
 * | `DISK` | the disk or file system failed, is full, or refuses |
 * | `UNSUPPORTED` | the data was written by a newer or a foreign program, or its key provider is not there |
 */
export type ErrorCode =
  | "INVALID_INPUT"
  | "LOCKED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "WRONG_KEY"
  | "INTEGRITY"
  | "KEY_MISSING"
  | "KEY_UNUSABLE"
  | "KEY_STALE"
  | "KEY_UNAVAILABLE"
  | "BUSY"
  | "ACCESS_DENIED"
  | "DISK"
  | "UNSUPPORTED";

/** The optional parts of a {@linkcode VaultError}. */
export interface VaultErrorOptions extends ErrorOptions {
  /** What the reader can do about it, one sentence each. */
  readonly hints?: readonly string[] | undefined;
}

/**
 * Every failure that aivault reports. The message reads
 * `<what was attempted>: <what is wrong>` and never holds a secret.
 *
 * @example
 * ```ts
 * import { VaultError } from "@aivault/cli";
 * import assert from "node:assert/strict";
 *
 * const error = new VaultError("NOT_FOUND", 'show secret "X"', "there is no such secret");
 * assert.equal(error.message, 'show secret "X": there is no such secret');
 * assert.equal(error.code, "NOT_FOUND");
 * ```
 */
export class VaultError extends Error {
  /** Always `"VaultError"`. */
  override readonly name = "VaultError";
  /** The stable reason. */
  readonly code: ErrorCode;
  /** What was attempted: the first half of the message. */
  readonly attempted: string;
  /** What is wrong: the second half of the message. */
  readonly problem: string;
  /** What the reader can do about it, one sentence each. */
  readonly hints: readonly string[];

  /** Makes an error from its code and the two halves of its message. */
  constructor(
    code: ErrorCode,
    attempted: string,
    problem: string,
    options: VaultErrorOptions = {},
  ) {
    super(
      `${attempted}: ${problem}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.attempted = attempted;
    this.problem = problem;
    this.hints = [...options.hints ?? []];
  }
}

/** `error` with more to say of what can be done, if it is a {@linkcode VaultError}; anything else as it is. */
export function withHints(error: unknown, ...hints: readonly string[]): unknown {
  if (!(error instanceof VaultError)) return error;
  const { code, attempted, problem } = error;
  return new VaultError(code, attempted, problem, {
    hints: [...error.hints, ...hints],
    cause: error,
  });
}

/** Whether `error` is a {@linkcode VaultError} with one of these codes. */
export function hasCode(error: unknown, ...codes: ErrorCode[]): error is VaultError {
  return error instanceof VaultError && codes.includes(error.code);
}
