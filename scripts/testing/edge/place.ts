/**
 * A place without Deno, Bun or Node in which the core's tests run.
 *
 * @module
 */
import type { EdgeReport } from "../../../tests/edge/run_all.ts";

/** A place, or why it is not here. */
export interface Place {
  /** What it says of its version. */
  readonly version: string;
  /** Why it can not be used; absent if it can. */
  readonly missing?: string;
  /** Runs a bundle, with files of its own in an empty directory. */
  run(bundle: string, directory: string, timeoutMs: number): Promise<EdgeReport>;
}

/** A place that is not here. */
export function missingPlace(missing: string): Place {
  return { version: "", missing, run: () => Promise.reject(new Error(missing)) };
}
