/**
 * When an agent locks by itself.
 *
 * @module
 */

/** The longest time-out: 30 days, in milliseconds. */
export const MAX_TIMEOUT_MS = 30 * 24 * 60 * 60 * 1000;

/** When an agent locks by itself. */
export interface Timeouts {
  /** Milliseconds after the last use of the key; 0 for never. */
  readonly idleMs: number;
  /** Milliseconds after it was unlocked; 0 for never. */
  readonly maxAgeMs: number;
}
