/**
 * The user's terminal, for questions whose answers must not be seen.
 *
 * @module
 */
import { closeSync, constants, openSync } from "node:fs";
import process from "node:process";
import { ReadStream, WriteStream } from "node:tty";
import { utf8 } from "../../lib/crypto/bytes.ts";

/** A terminal that can be asked. */
export interface Terminal {
  /**
   * Asks for a text that is not shown while it is typed. The caller wipes the UTF-8 bytes.
   *
   * @returns `undefined` if the user cancels.
   */
  askHidden(question: string): Promise<Uint8Array | undefined>;
}

/**
 * The controlling terminal of this process, even if its standard streams are pipes; `undefined` if it has none.
 */
export function openTerminal(): Terminal | undefined {
  if (process.platform === "win32") {
    return process.stdin.isTTY && process.stderr.isTTY
      ? { askHidden: (question) => ask(question, process.stdin, process.stderr) }
      : undefined;
  }
  const probe = openTty();
  if (probe === undefined) return undefined;
  closeSync(probe);
  return {
    async askHidden(question) {
      const inFd = openTty();
      const outFd = openTty();
      if (inFd === undefined || outFd === undefined) return undefined;
      const input = new ReadStream(inFd);
      const output = new WriteStream(outFd);
      try {
        return await ask(question, input, output);
      } finally {
        input.destroy();
        output.destroy();
      }
    },
  };
}

function openTty(): number | undefined {
  try {
    return openSync("/dev/tty", constants.O_RDWR | (constants.O_NOCTTY ?? 0));
  } catch {
    return undefined;
  }
}

async function ask(
  message: string,
  input: ReadStream,
  output: WriteStream,
): Promise<Uint8Array | undefined> {
  const { password } = await import("@clack/prompts");
  // The prompt gives a string, of which the garbage collector may keep copies.
  const answer = await password({ message, input, output });
  return typeof answer === "string" ? utf8(answer) : undefined;
}
