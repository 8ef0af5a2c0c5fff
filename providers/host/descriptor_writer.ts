/**
 * Writing text to a file descriptor, without the runtime's streams: on some runtimes they take longer to make
 * than a command takes to run.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { errnoOf } from "./disk_error.ts";
import { reportLoss, type TextWriter } from "./text_writer.ts";

/** Writes some bytes of `bytes` from `offset` on, at most `length`, and gives how many; `writeSync` of `node:fs`. */
export type DescriptorWrite = (
  fd: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
) => number;

// Every pipe takes so much at once or nothing: PIPE_BUF, as POSIX bounds it. Of more it may take a part before it
// refuses, and not every runtime tells how much that was.
const PIECE = 512;

const POLL_MS = 2;

/**
 * Gives what writes text to `fd`. Everything is with the system when `write` returns.
 *
 * @param onFailure Told once if the text is lost; see {@linkcode reportLoss}.
 */
export function descriptorWriter(
  fd: number,
  onFailure: (error: unknown) => void,
  write: DescriptorWrite = writeSync,
): TextWriter {
  let isBroken = false;
  const writeAll = (text: string): void => {
    if (isBroken) return;
    const bytes = new TextEncoder().encode(text);
    try {
      for (let offset = 0; offset < bytes.length;) {
        offset += writePiece(write, fd, bytes, offset);
      }
    } catch (error) {
      isBroken = true;
      reportLoss(error, onFailure);
    }
  };
  return {
    write: writeAll,
    // async: it is a promise for writers that wait
    async deliver(text) {
      writeAll(text);
      return !isBroken;
    },
    drained: () => Promise.resolve(),
  };
}

/** Writes a piece, and gives its length. */
function writePiece(write: DescriptorWrite, fd: number, bytes: Uint8Array, offset: number): number {
  const length = Math.min(PIECE, bytes.length - offset);
  while (true) {
    try {
      return write(fd, bytes, offset, length);
    } catch (error) {
      // A pipe that another process made non-blocking is full: its reader is waited for as with any other pipe.
      if (!["EAGAIN", "EWOULDBLOCK"].includes(errnoOf(error))) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
    }
  }
}
