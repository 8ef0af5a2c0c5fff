/**
 * What the processes of a crowd tell each other.
 *
 * @module
 */
import type { World } from "../vaults.ts";

/** What a member does. */
export interface Plan {
  readonly world: World;
  /** Tells the members from each other. */
  readonly number: number;
  /** How many operations it does. */
  readonly operations: number;
  readonly seed: number;
}

/** What a member has done. */
export interface Deeds {
  /** The secrets that it leaves, by name. */
  readonly own: Record<string, string>;
  /** The groups that it attached to the secret that all share. */
  readonly attached: readonly string[];
  /** The values that it gave the secret that all share. */
  readonly shared: readonly string[];
  /** The longest that an operation that writes took. Milliseconds. */
  readonly longestWriteMs: number;
}

/** The secret that all members change. */
export const SHARED = "SHARED";

/** What the reader has seen. */
export interface Readings {
  /** How many times it opened the vault and read all of it. */
  readonly reads: number;
  /** The longest that opening, listing and showing took. Milliseconds. */
  readonly longestMs: number;
}
