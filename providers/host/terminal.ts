/**
 * The user's terminal, for questions whose answers must not be seen.
 *
 * @module
 */
import { closeSync, constants, openSync, read, readSync, writeSync } from "node:fs";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { ReadStream } from "node:tty";
import { VaultError } from "../../lib/errors.ts";
import { errnoOf } from "./disk_error.ts";
import { environment } from "./environment.ts";
import { tidyOnSignal } from "./tidy_on_signal.ts";
import { MARK_NO_PASTES, MARK_PASTES, PastedLine } from "./pasted_line.ts";
import { MAX_LINE_LENGTH, type Typed } from "./typed_line.ts";

/** What was pasted without marks is over when nothing has come for so long: 100 milliseconds. */
const QUIET_MS = 100;

/** A terminal that can be asked. */
export interface Terminal {
  /**
   * Asks for a line that is not shown while it is typed. The caller wipes the UTF-8 bytes. What was typed before the
   * question is discarded, where the terminal can be opened by name.
   *
   * @returns `undefined` if the user cancels.
   * @throws {VaultError} `INVALID_INPUT` if more than a line was pasted, the line is longer than 64 KiB, or a key was
   * typed that stands for no character.
   */
  askHidden(question: string): Promise<Uint8Array | undefined>;
  /** Shows text on the terminal itself, wherever the standard streams go. */
  tell(text: string): void;
}

/**
 * The controlling terminal of this process, even if its standard streams are pipes. Where it cannot be opened by
 * name, as on Windows or under Deno without all permissions, standard input and standard error serve if
 * they are a terminal. `undefined` if there is none.
 */
export function openTerminal(): Terminal | undefined {
  const probe = openTty();
  if (probe !== undefined) {
    closeSync(probe);
    return { askHidden, tell };
  }
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) return undefined;
  return {
    askHidden: (question) => ask(question, stdin, stdin.fd, stderr.fd),
    tell: (text) => void writeSync(stderr.fd, text),
  };
}

async function askHidden(question: string): Promise<Uint8Array | undefined> {
  const fd = openTty();
  const modeFd = openTty();
  if (fd === undefined || modeFd === undefined) return undefined;
  // A stream changes the terminal's mode; it never reads, so no typed byte passes through its buffers.
  const mode = new ReadStream(modeFd);
  try {
    return await ask(question, mode, fd, fd);
  } finally {
    mode.destroy();
    closeSync(fd);
  }
}

function tell(text: string): void {
  const fd = openTty();
  if (fd === undefined) return;
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

function openTty(flags = 0): number | undefined {
  if (process.platform === "win32") return undefined;
  try {
    return openSync("/dev/tty", constants.O_RDWR | (constants.O_NOCTTY ?? 0) | flags);
  } catch {
    return undefined;
  }
}

async function ask(
  question: string,
  mode: Pick<ReadStream, "setRawMode">,
  inFd: number,
  outFd: number,
): Promise<Uint8Array | undefined> {
  const line = new PastedLine();
  const [marks, noMarks] = takesMarks() ? [MARK_PASTES, MARK_NO_PASTES] : ["", ""];
  const leave = (): void => {
    line.wipe();
    mode.setRawMode(false);
    writeSync(outFd, `${noMarks}\n`);
  };
  try {
    const tidy = (): void => {
      discardTyped();
      leave();
    };
    const typed = await tidyOnSignal(tidy, () => {
      mode.setRawMode(true);
      // What was typed before the question was seen, and was meant for something else.
      discardTyped();
      writeSync(outFd, `${marks}${question} (not shown): `);
      return readLine(inFd, line);
    });
    // The rest must not be left to whatever reads the terminal next: a shell would run it.
    const hasMore = await discardAll();
    if (typed === "cancelled") return undefined;
    if (typed === "refused") throw refused("a key was typed that stands for no character");
    if (typed === "full") throw refused(`the line is longer than ${MAX_LINE_LENGTH} bytes`);
    if (hasMore || typed === "many") throw refused("more than one line was pasted");
    return line.bytes();
  } finally {
    leave();
  }
}

// What a terminal without a name, or a dumb one, is sent, it shows.
function takesMarks(): boolean {
  return !["", "dumb"].includes(environment("TERM") ?? "");
}

async function readLine(fd: number, line: PastedLine): Promise<Typed | "many"> {
  const byte = new Uint8Array(1);
  let typed: Typed | "many" = "more";
  while (typed === "more") {
    typed = await readByte(fd, byte) ? line.type(byte[0] ?? 0) : "cancelled";
  }
  byte.fill(0);
  return typed;
}

/** Waits for a byte, and lets signals be noticed meanwhile; `false` at the end of input. */
function readByte(fd: number, byte: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    read(fd, byte, 0, 1, null, (error, length) => {
      // A terminal that is gone fails so.
      if (error !== null && errnoOf(error) !== "EIO") reject(error);
      else resolve(error === null && length > 0);
    });
  });
}

// More than a terminal holds comes only when there is room for it again.
async function discardAll(): Promise<boolean> {
  if (!discardTyped()) return false;
  do await delay(QUIET_MS); while (discardTyped());
  return true;
}

/** Whether there was anything to discard. */
function discardTyped(): boolean {
  const fd = openTty(constants.O_NONBLOCK);
  if (fd === undefined) return false;
  const buffer = new Uint8Array(4096);
  let length = 0;
  try {
    for (let read = 1; read > 0; length += read) read = readSync(fd, buffer, 0, 4096, null);
  } catch (error) {
    if (!["EAGAIN", "EWOULDBLOCK"].includes(errnoOf(error))) throw error;
  } finally {
    buffer.fill(0);
    closeSync(fd);
  }
  return length > 0;
}

function refused(problem: string): VaultError {
  return new VaultError("INVALID_INPUT", "read what was typed", problem, {
    hints: ["nothing was changed; try again, or give it in a file or on standard input"],
  });
}
