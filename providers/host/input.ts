/**
 * Reading what the user hands over: files and standard input.
 *
 * @module
 */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import process from "node:process";
import { VaultError } from "../../lib/errors.ts";
import { concat, wipe } from "../../lib/crypto/bytes.ts";
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

let standardInputIsRead = false;

async function readStandardInput(what: string, limit: number): Promise<Uint8Array> {
  const attempted = `read ${what} from standard input`;
  if (standardInputIsRead) {
    throw new VaultError("INVALID_INPUT", attempted, "it was read for something else already", {
      hints: ["give one of the two in a file"],
    });
  }
  if (process.stdin.isTTY) {
    throw new VaultError(
      "INVALID_INPUT",
      attempted,
      "standard input is a terminal, where it would be seen",
      {
        hints: ["leave the flag away to be asked without an echo, or pipe it in"],
      },
    );
  }
  standardInputIsRead = true;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  process.stdin.destroy();
  const content = concat(...chunks).slice(0, limit + 1);
  wipe(...chunks);
  return content;
}

async function readFileUpTo(path: string, what: string, limit: number): Promise<Uint8Array> {
  // What stands where a path should may be the secret itself, so it is not repeated.
  const attempted = `read ${what} from a file`;
  try {
    const file = await open(path, constants.O_RDONLY);
    const buffer = new Uint8Array(limit + 1);
    try {
      let length = 0;
      while (length < buffer.length) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return buffer.slice(0, length);
    } finally {
      wipe(buffer);
      await file.close();
    }
  } catch (error) {
    const problem = unreadable[errnoOf(error)];
    if (problem === undefined) throw diskError(attempted, error);
    throw new VaultError("INVALID_INPUT", attempted, problem, { cause: error });
  }
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EISDIR: "it is a directory",
  EACCES: "permission denied",
  EPERM: "not permitted",
};
