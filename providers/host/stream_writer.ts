/**
 * Writing text to one of the runtime's streams.
 *
 * @module
 */
import { reportLoss, type TextWriter } from "./text_writer.ts";

/**
 * Gives what writes text to `stream`.
 *
 * @param onFailure Told once if the text is lost; see {@linkcode reportLoss}.
 */
export function streamWriter(
  stream: NodeJS.WriteStream,
  onFailure: (error: unknown) => void,
): TextWriter {
  let isBroken = false;
  const fail = (error: unknown): void => {
    if (isBroken) return;
    isBroken = true;
    reportLoss(error, onFailure);
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
