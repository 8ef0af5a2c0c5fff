/**
 * A command on a terminal of its own, and the keys that a person types there.
 *
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import process from "node:process";

/** What to wait for on the screen, and the keys to type then, which may depend on what is seen. */
export type Exchange = readonly [seen: string, keys: string | ((screen: string) => string)];

/** How a command on a terminal ended. */
export interface Conversation {
  /** All that the terminal was sent, with `\n` for the end of a line. */
  readonly screen: string;
  readonly exitCode: number | null;
}

/** Makes a terminal and runs a line of shell on it: `script` of util-linux. */
const SCRIPT = ["script", "--quiet", "--flush", "--return", "--command"] as const;

/** Why there can be no terminal here; `undefined` if there can. */
export const NO_TERMINAL: string | undefined = findProblem();

function findProblem(): string | undefined {
  const [file, ...flags] = SCRIPT;
  const { status } = spawnSync(file, [...flags, "exit 3", "/dev/null"], { input: "" });
  return status === 3 ? undefined : "no terminal can be made here: needs script(1) of util-linux";
}

/**
 * Runs a line of shell on a terminal. Each exchange waits until the text is seen, after what was seen before, and
 * then types its keys.
 */
export function onTerminal(
  line: string,
  options: { readonly env: Readonly<Record<string, string>>; readonly cwd: string },
  exchanges: readonly Exchange[],
): Promise<Conversation> {
  const [file, ...flags] = SCRIPT;
  const { PATH = "", DENO_DIR = "" } = process.env;
  const child = spawn(file, [...flags, `stty cols 200; ${line}`, "/dev/null"], {
    cwd: options.cwd,
    env: { PATH, DENO_DIR, TERM: "xterm", SHELL: "/bin/sh", ...options.env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  return converse(child, [...exchanges]);
}

function converse(child: ChildProcess, exchanges: Exchange[]): Promise<Conversation> {
  let sent = "";
  let screen = "";
  let answered = 0;
  const decoder = new TextDecoder();
  child.stdout?.on("data", (chunk: Uint8Array) => {
    sent += decoder.decode(chunk, { stream: true });
    // All of it: one chunk may end in the middle of the end of a line.
    screen = sent.replaceAll("\r\n", "\n");
    for (let next = exchanges[0]; next !== undefined; next = exchanges[0]) {
      const at = screen.indexOf(next[0], answered);
      if (at < 0) return;
      answered = at + next[0].length;
      const [, keys] = next;
      child.stdin?.write(typeof keys === "string" ? keys : keys(screen));
      exchanges.shift();
    }
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ screen, exitCode }));
  });
}
