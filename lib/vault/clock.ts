/**
 * The time of a vault's operations.
 *
 * @module
 */
import { VaultError } from "../errors.ts";

/**
 * What `now` gives, if it can be stored: a row with any other time could not be read again.
 *
 * @param now Milliseconds since 1970-01-01 UTC.
 * @throws {VaultError} `INVALID_INPUT` for a part of a millisecond, or a time before 1970.
 */
export function timeOf(now: () => number): number {
  const timeMs = now();
  if (isTime(timeMs)) return timeMs;
  const problem = "the clock gives no whole number of milliseconds since 1970";
  throw new VaultError("INVALID_INPUT", "tell the time", problem, {
    hints: ["nothing was changed; set the clock of this machine"],
  });
}

/** Whether `ms` is a time as the vault keeps it: whole milliseconds since 1970-01-01 UTC. */
export function isTime(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= 0;
}
