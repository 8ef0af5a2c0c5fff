/**
 * Texts that the platform hands over: arguments and variables of the environment.
 *
 * @module
 */
import { REPLACEMENT, utf8 } from "./bytes.ts";
import { VaultError } from "../errors.ts";

/**
 * Checks that a text is what was given.
 *
 * Bytes that are no UTF-8 have been replaced before the program sees them, each by the same character: it would keep
 * another value than was given, and take one passphrase for another.
 *
 * @param source Where it comes from, for the message: `--value`.
 * @param otherWay How such bytes can be given, as a hint.
 * @throws {VaultError} `INVALID_INPUT` if some were replaced.
 */
export function checkUtf8(text: string, source: string, otherWay: string, attempted: string): void {
  if (text.isWellFormed() && !text.includes(REPLACEMENT)) return;
  throw new VaultError("INVALID_INPUT", attempted, `${source} is not UTF-8 text`, {
    hints: [otherWay],
  });
}

/** A text that was checked, as UTF-8. The caller wipes it; of the text the garbage collector may keep copies. */
export function textBytes(...given: Parameters<typeof checkUtf8>): Uint8Array {
  checkUtf8(...given);
  return utf8(given[0]);
}
