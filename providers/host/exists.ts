/**
 * Whether a file is there.
 *
 * @module
 */
import { lstatSync } from "node:fs";
import { diskError, isAbsence } from "./disk_error.ts";

/**
 * Whether something is there, without following a symbolic link at the end. It is looked at in this thread: another
 * takes longer to be asked.
 */
export async function exists(path: string): Promise<boolean> {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw diskError(`look at ${path}`, error);
  }
}
