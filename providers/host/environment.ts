/**
 * The variables of the environment.
 *
 * @module
 */
import process from "node:process";

/** What every runtime puts in the place of bytes that are no UTF-8. */
export const REPLACEMENT = "\ufffd";

/** The value of a variable; `undefined` if it is not set. Bytes that are no UTF-8 are {@linkcode REPLACEMENT}. */
export function environment(name: string): string | undefined {
  try {
    return process.env[name];
  } catch {
    // Deno refuses what the other runtimes replace.
    return REPLACEMENT;
  }
}
