/**
 * Whether a process is still there.
 *
 * @module
 */
import { getPriority } from "node:os";

/**
 * Whether a process of this id runs on this machine, as far as this process can see: one in another
 * container is not seen, and an id may have passed to another process.
 *
 * Its priority is asked for, not a signal sent: under Deno a signal needs leave to run any program, and to
 * look into `/proc` needs leave for everything.
 */
export function isAlive(pid: number): boolean {
  try {
    getPriority(pid);
    return true;
  } catch (error) {
    return !isNoProcess(error);
  }
}

function isNoProcess(error: unknown): boolean {
  const info: unknown = error instanceof Error && "info" in error ? error.info : undefined;
  return typeof info === "object" && info !== null && "code" in info && info.code === "ESRCH";
}
