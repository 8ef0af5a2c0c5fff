/**
 * The variables of the environment.
 *
 * @module
 */
import process from "node:process";
import { VaultError } from "../../lib/errors.ts";
import { isForbidden } from "./forbidden.ts";

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

/**
 * As {@linkcode environment}, for a variable that says where the vault is.
 *
 * @throws {VaultError} `INVALID_INPUT` if Deno hides it.
 */
export function visibleEnvironment(name: string): string | undefined {
  try {
    process.env[name];
  } catch (error) {
    if (isForbidden(error)) {
      throw new VaultError("INVALID_INPUT", "find the vault", `Deno does not let it see ${name}`, {
        hints: ["give it its permissions: deno run --allow-env …; README.md has the whole list"],
      });
    }
  }
  return environment(name);
}
