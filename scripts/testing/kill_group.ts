/**
 * Ending a process and whatever it has started.
 *
 * @module
 */
import process from "node:process";

/** Ends a process that was started `detached`, which made it the leader of a group, and that group. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing is left of the group.
  }
}
