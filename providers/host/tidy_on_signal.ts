/**
 * Leaving things tidy when the process is asked to end.
 *
 * @module
 */
import { constants } from "node:os";
import process from "node:process";

// Windows ends a process without asking.
const SIGNALS = process.platform === "win32"
  ? []
  : ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const;

/** Runs `work`. A signal that comes meanwhile still ends the process, but `tidy` runs before. */
export async function tidyOnSignal<T>(tidy: () => void, work: () => Promise<T>): Promise<T> {
  const listeners = SIGNALS.map((signal) => [signal, () => endBy(signal)] as const);
  const stop = (): void => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
  const endBy = (signal: typeof SIGNALS[number]): void => {
    stop();
    try {
      tidy();
    } catch {
      // A terminal that has gone away needs no tidying.
    }
    try {
      process.kill(process.pid, signal);
    } catch {
      // Deno without the permission to end other programs.
    }
    // As a shell tells of it.
    process.exit(128 + constants.signals[signal]);
  };
  for (const [signal, listener] of listeners) process.on(signal, listener);
  try {
    return await work();
  } finally {
    stop();
  }
}
