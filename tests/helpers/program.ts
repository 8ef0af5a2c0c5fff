/**
 * Runs the program `aivault` as a user would: a process of the runtime that runs the tests, or the
 * compiled binary that `AIVAULT_TEST_BINARY` names.
 *
 * @module
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Buffer } from "node:buffer";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DENO_PERMISSIONS } from "../../scripts/build/permissions.ts";

/** The root of the checkout. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** How a run of the program ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the program is run. */
export interface RunOptions {
  /** The whole environment, but for PATH and what the runtime itself needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is piped in; without it standard input is empty. */
  readonly stdin?: string | Uint8Array;
  /** Leave standard input open, for the caller to write to and end. */
  readonly keepStdinOpen?: boolean;
  /** The working directory. Default: the root of the checkout. */
  readonly cwd?: string;
}

/** The command that runs a TypeScript file under the runtime that runs the tests. */
export function runtimeCommand(script: string): [string, ...string[]] {
  const isDeno = "Deno" in globalThis;
  return isDeno ? [process.execPath, "run", "-A", "--quiet", script] : [process.execPath, script];
}

/**
 * The command that runs the program. Deno gets the permissions that the documentation names, so every
 * test of a command also shows that they are enough for it.
 */
export function programCommand(): [string, ...string[]] {
  const binary = process.env.AIVAULT_TEST_BINARY;
  if (binary !== undefined) return [binary];
  const script = join(ROOT, "cli.ts");
  return "Deno" in globalThis
    ? [process.execPath, "run", ...DENO_PERMISSIONS, "--quiet", script]
    : [process.execPath, script];
}

/** The command that runs the program with every permission: under Deno it needs more to start another program. */
export function unboundCommand(): [string, ...string[]] {
  const isDeno = "Deno" in globalThis && process.env["AIVAULT_TEST_BINARY"] === undefined;
  if (!isDeno) return programCommand();
  return [process.execPath, "run", "-A", "--quiet", join(ROOT, "cli.ts")];
}

/** The runtime that runs the program, as the program says: `deno 2.9.6`. */
export function programRuntime(): string {
  const [file, ...args] = programCommand();
  const printed = execFileSync(file, [...args, "--version", "--json"], { encoding: "utf8" });
  return JSON.parse(printed).runtime;
}

/** Starts the program without a terminal: in a session of its own. */
export function start(args: readonly string[], options: RunOptions = {}): ChildProcess {
  return startCommand([...programCommand(), ...args], options);
}

/** Starts a command without a terminal: in a session of its own. */
export function startCommand(command: readonly string[], options: RunOptions = {}): ChildProcess {
  const [file = "", ...args] = command;
  const { PATH = "", HOME = "", DENO_DIR = `${HOME}/.cache/deno` } = process.env;
  const caches = {
    DENO_DIR,
    BUN_RUNTIME_TRANSPILER_CACHE_PATH: `${HOME}/.bun/install/cache/@t@`,
    NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"),
  };
  const child = spawn(file, args, {
    cwd: options.cwd ?? ROOT,
    // The caches of the runtime stay where they are when a test gives the program another HOME.
    env: { PATH, HOME, ...caches, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  child.stdin?.on("error", () => {});
  if (options.keepStdinOpen !== true) child.stdin?.end(options.stdin ?? "");
  return child;
}

/** Waits for a process, and collects what it printed. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const chunks: { stdout: Uint8Array[]; stderr: Uint8Array[] } = { stdout: [], stderr: [] };
  child.stdout?.on("data", (chunk: Uint8Array) => chunks.stdout.push(chunk));
  child.stderr?.on("data", (chunk: Uint8Array) => chunks.stderr.push(chunk));
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode, signal) => {
      const text = (parts: Uint8Array[]): string => new TextDecoder().decode(Buffer.concat(parts));
      resolve({ exitCode, signal, stdout: text(chunks.stdout), stderr: text(chunks.stderr) });
    });
  });
}

/** The id of a process that has ended. */
export async function deadPid(): Promise<number> {
  const child = startCommand(["true"]);
  await ended(child);
  return child.pid ?? 0;
}

/** Runs the program to its end. */
export function aivault(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return ended(start(args, options));
}

/** Runs `work` with a directory of its own, which is removed afterwards. */
export async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "aivault-test-"));
  try {
    return await work(directory);
  } finally {
    await removeAll(directory);
  }
}

/** Removes a directory and all that is in it, also while a process that is ending still writes there. */
async function removeAll(directory: string): Promise<void> {
  for (let left = 50;; left--) {
    try {
      return await rm(directory, { recursive: true, force: true });
    } catch (error) {
      if (left === 0) throw error;
      await delay(100);
    }
  }
}
