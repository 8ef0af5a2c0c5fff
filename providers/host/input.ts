/**
 * Reading what the user hands over: files and standard input.
 *
 * @module
 */
import { constants, read } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { isatty } from "node:tty";
import { VaultError } from "../../lib/errors.ts";
import { diskError, errnoOf } from "./disk_error.ts";

/**
 * Reads a file, or standard input for `-`: all of it, or `limit` bytes and one more. The caller wipes the bytes.
 *
 * @param what What it holds, for the message.
 * @throws {VaultError} `INVALID_INPUT` if it cannot be read, or standard input is asked for
 * twice or is a terminal; `DISK` if the disk fails.
 */
export async function readInput(path: string, what: string, limit: number): Promise<Uint8Array> {
  return path === "-"
    ? await readStandardInput(what, limit)
    : await readFileUpTo(path, what, limit);
}

const STDIN = 0;
const POLL_MS = 2;

let standardInputIsRead = false;

async function readStandardInput(what: string, limit: number): Promise<Uint8Array> {
  const attempted = `read ${what} from standard input`;
  if (standardInputIsRead) {
    throw new VaultError("INVALID_INPUT", attempted, "it was read for something else already", {
      hints: ["give one of the two in a file"],
    });
  }
  if (isatty(STDIN)) {
    throw new VaultError(
      "INVALID_INPUT",
      attempted,
      "standard input is a terminal, where it would be seen",
      {
        hints: ["leave the flag out to be asked without an echo, or pipe it in"],
      },
    );
  }
  standardInputIsRead = true;
  try {
    return await readUpTo(limit, readSome);
  } catch (error) {
    throw inputError(attempted, error);
  }
}

async function readFileUpTo(path: string, what: string, limit: number): Promise<Uint8Array> {
  // What stands where a path should may be the secret itself, so it is not repeated.
  const attempted = `read ${what} from a file`;
  try {
    const file = await open(path, constants.O_RDONLY);
    try {
      return await readUpTo(limit, async (buffer, offset) => {
        const { bytesRead } = await file.read(buffer, offset, buffer.length - offset, null);
        return bytesRead;
      });
    } finally {
      await file.close();
    }
  } catch (error) {
    throw inputError(attempted, error);
  }
}

/** Puts bytes into `buffer` from `offset` on, and gives how many; 0 at the end. */
type Read = (buffer: Uint8Array, offset: number) => Promise<number>;

async function readUpTo(limit: number, read: Read): Promise<Uint8Array> {
  const buffer = new Uint8Array(limit + 1);
  let length = 0;
  try {
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = await read(buffer, length);
    }
    return buffer.slice(0, length);
  } finally {
    buffer.fill(0, 0, length);
  }
}

// Not the runtime's stream: it may keep copies, and takes a directory, or an input that fails, for an empty one.
async function readSome(buffer: Uint8Array, offset: number): Promise<number> {
  while (true) {
    try {
      return await new Promise((resolve, reject) => {
        read(STDIN, buffer, offset, buffer.length - offset, null, (error, count) => {
          if (error === null) resolve(count);
          else reject(error);
        });
      });
    } catch (error) {
      // So Windows says that a pipe has ended.
      if (errnoOf(error) === "EOF") return 0;
      // A pipe or socket that another process made non-blocking is waited for as any other.
      if (!["EAGAIN", "EWOULDBLOCK"].includes(errnoOf(error))) throw error;
      await delay(POLL_MS);
    }
  }
}

function inputError(attempted: string, error: unknown): unknown {
  const problem = unreadable[errnoOf(error)];
  if (problem === undefined) return diskError(attempted, error);
  return new VaultError("INVALID_INPUT", attempted, problem, { cause: error });
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EISDIR: "it is a directory",
  EACCES: "permission denied",
  EBADF: "it is not open for reading",
  EPERM: "not permitted",
};
