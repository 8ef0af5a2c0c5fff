/**
 * Whether a process is still there.
 *
 * @module
 */
import process from "node:process";
import { errnoOf } from "./disk_error.ts";

/**
 * Whether a process of this id runs on this machine, as far as this process can see: one in another
 * container is not seen, and an id may have passed to another process.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== "ESRCH";
  }
}
