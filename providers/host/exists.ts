/**
 * Whether a file is there.
 *
 * @module
 */
import { lstat } from "node:fs/promises";
import { diskError, errnoOf } from "./disk_error.ts";

/** Whether something is there, without following a symbolic link at the end. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return false;
    throw diskError(`look at ${path}`, error);
  }
}
