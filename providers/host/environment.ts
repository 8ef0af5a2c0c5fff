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
    const value: unknown = process.env[name];
    // A name such as toString is found on every object.
    return typeof value === "string" ? value : undefined;
  } catch {
    // Deno refuses what the other runtimes replace.
    return REPLACEMENT;
  }
}
