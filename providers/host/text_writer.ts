/**
 * What writes text to standard output or standard error.
 *
 * @module
 */
import { VaultError } from "../../lib/errors.ts";
import { diskError, errnoOf } from "./disk_error.ts";

/** Writes text, in order. What fails once is broken: later text is dropped. */
export interface TextWriter {
  /** Writes `text`, without waiting for who reads it if it can. */
  write(text: string): void;
  /** Writes `text`, and tells whether the system has taken all of it. */
  deliver(text: string): Promise<boolean>;
  /** Waits until little of what was written is still held in memory, or the reader is gone. */
  drained(): Promise<void>;
}

/**
 * Tells `onFailure` that text was lost, such as to a full disk. A reader that went away, as in
 * `aivault audit | head -1`, is no failure: the rest is not wanted.
 */
export function reportLoss(error: unknown, onFailure: (error: unknown) => void): void {
  if (errnoOf(error) === "EPIPE") return;
  const lost = diskError("print what the command has done", error);
  onFailure(
    lost instanceof VaultError
      ? new VaultError(lost.code, lost.attempted, lost.problem, { hints: [STANDS], cause: error })
      : lost,
  );
}

// To do again what only could not be printed would do it twice.
const STANDS = "what the command has changed stays changed; only its output is lost";
