/**
 * Time, as the agent and its clients ask for it.
 *
 * @module
 */

/** A clock and its alarms. */
export interface Clock {
  /** The time of day. Milliseconds since 1970-01-01 UTC. It may jump. */
  now(): number;
  /** Milliseconds since some moment. It never goes back, and may stand still while the machine sleeps. */
  elapsed(): number;
  /** Runs `work` once, `ms` milliseconds from now, without keeping the process alive for it. The result cancels that. */
  after(ms: number, work: () => void): () => void;
  /** Resolves when everything else that is ready has had its turn. */
  turn(): Promise<void>;
}
