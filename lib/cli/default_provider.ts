/**
 * Which key provider a vault gets when nobody says.
 *
 * @module
 */
import type { CliContext } from "./context.ts";

/** The type of the key provider that is used when none is named. */
export function defaultProvider(context: CliContext): string {
  return context.platform === "darwin" && context.place.isDefault ? "macos-keychain" : "file";
}
