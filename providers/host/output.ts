/**
 * Writing to standard output and standard error.
 *
 * @module
 */
import { diskError, errnoOf } from "./disk_error.ts";

/**
 * Gives a function that writes text to `stream`.
 *
 * A reader that went away, as in `aivault audit | head -1`, is no failure: the rest is not wanted.
 *
 * @param onFailure Told once if the text is lost for another reason, such as a full disk.
 */
export function textWriter(
  stream: NodeJS.WriteStream,
  onFailure: (error: unknown) => void,
): (text: string) => void {
  let isBroken = false;
  const fail = (error: unknown): void => {
    if (isBroken) return;
    isBroken = true;
    if (errnoOf(error) !== "EPIPE") onFailure(diskError("print what the command has done", error));
  };
  stream.on("error", fail);
  return (text) => {
    if (isBroken) return;
    try {
      stream.write(text);
    } catch (error) {
      fail(error);
    }
  };
}
