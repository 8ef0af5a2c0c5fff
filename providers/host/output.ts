/**
 * Writing to standard output and standard error.
 *
 * @module
 */
import { diskError, errnoOf } from "./disk_error.ts";

/** Writes text to a stream. */
export interface TextWriter {
  /** Writes `text`, without waiting. */
  write(text: string): void;
  /** Writes `text`, and tells whether the system has taken all of it. */
  deliver(text: string): Promise<boolean>;
  /** Waits until the stream takes more, or is gone. */
  drained(): Promise<void>;
}

/**
 * Gives what writes text to `stream`.
 *
 * A reader that went away, as in `aivault audit | head -1`, is no failure: the rest is not wanted.
 *
 * @param onFailure Told once if the text is lost for another reason, such as a full disk.
 */
export function textWriter(
  stream: NodeJS.WriteStream,
  onFailure: (error: unknown) => void,
): TextWriter {
  let isBroken = false;
  const fail = (error: unknown): void => {
    if (isBroken) return;
    isBroken = true;
    if (errnoOf(error) !== "EPIPE") onFailure(diskError("print what the command has done", error));
  };
  stream.on("error", fail);
  return {
    write(text) {
      if (isBroken) return;
      try {
        stream.write(text);
      } catch (error) {
        fail(error);
      }
    },
    async deliver(text) {
      if (isBroken) return false;
      const isTaken = await new Promise<boolean>((resolve) => {
        try {
          stream.write(text, (error) => resolve(!error));
        } catch (error) {
          fail(error);
          resolve(false);
        }
      });
      return isTaken && !isBroken;
    },
    async drained() {
      if (isBroken || !stream.writableNeedDrain) return;
      await new Promise<void>((resolve) => {
        const end = (): void => {
          for (const event of ENDS) stream.off(event, end);
          resolve();
        };
        for (const event of ENDS) stream.on(event, end);
      });
    },
  };
}

const ENDS = ["drain", "error", "close"] as const;
