/**
 * Errors of functions that a caller gives.
 *
 * @module
 */

/**
 * What a function of the caller's failed with, on its way through code that would take it for a failure of its own. Whoever
 * calls that code throws the cause.
 */
export class CallersError extends Error {
  override readonly name = "CallersError";

  /** @param cause What was thrown, whatever it is. */
  constructor(cause: unknown) {
    super("a function of the caller's failed", { cause });
  }
}
