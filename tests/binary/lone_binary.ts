/**
 * The executable alone: copied away from the checkout, and run with no environment but `HOME`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { type Ended, ended } from "../helpers/program.ts";

/** A copy of the executable, and a place for its vault. */
export interface LoneBinary {
  /** The directory that holds everything. */
  readonly directory: string;
  /** The executable, alone in its directory. */
  readonly path: string;
  /** `HOME`. */
  readonly home: string;
  /** An empty directory that the program is started in. */
  readonly cwd: string;
  /** Runs the program, by `path` and with `prefix` before it, until it ends. */
  run(args: readonly string[], options?: LoneOptions): Promise<Ended>;
  /** Runs a script of `sh`, in which `$AIVAULT` is the executable's path. */
  shell(script: string): Promise<Ended>;
}

/** How one run differs from the usual. */
export interface LoneOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The path it is called by. */
  readonly path?: string;
  /** A command that starts the program, such as `unshare -n`. */
  readonly prefix?: readonly string[];
  readonly cwd?: string;
}

/** The executable under test. */
export function testedBinary(): string {
  const path = process.env["AIVAULT_TEST_BINARY"];
  assert.ok(
    path,
    "AIVAULT_TEST_BINARY names the executable; `npm test -- --runtime binary` sets it",
  );
  return path;
}

/** Copies the executable into a directory of its own. The caller removes `directory`. */
export async function loneBinary(name = "aivault"): Promise<LoneBinary> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "aivault-lone-")));
  const path = join(directory, "bin", name);
  const home = join(directory, "home");
  const cwd = join(directory, "empty");
  for (const each of [dirname(path), home, cwd]) await mkdir(each, { recursive: true });
  await chmod(directory, 0o755);
  await copyFile(testedBinary(), path);
  await chmod(path, 0o755);
  const run = (args: readonly string[], options: LoneOptions = {}): Promise<Ended> => {
    const [file = "", ...rest] = [...options.prefix ?? [], options.path ?? path, ...args];
    const env = { HOME: home, ...options.env };
    const child = spawn(file, rest, { cwd: options.cwd ?? cwd, env, detached: true });
    child.stdin.on("error", () => {});
    child.stdin.end(options.stdin ?? "");
    return ended(child);
  };
  const shell = (script: string): Promise<Ended> => {
    const env = { HOME: home, AIVAULT: path };
    return ended(spawn("sh", ["-c", script], { cwd, env, detached: true }));
  };
  return { directory, path, home, cwd, run, shell };
}

/** Runs `work` with a copy of the executable, which is removed afterwards. */
export async function withLoneBinary<T>(
  work: (binary: LoneBinary) => Promise<T>,
  name?: string,
): Promise<T> {
  const binary = await loneBinary(name);
  try {
    return await work(binary);
  } finally {
    await rm(binary.directory, { recursive: true, force: true });
  }
}

/** Stores, lists, rotates and deletes secrets with a key file, then with a passphrase. */
export async function useEverything(binary: LoneBinary, options: LoneOptions = {}): Promise<void> {
  const ok = async (args: readonly string[], stdin = ""): Promise<string> => {
    const { exitCode, signal, stdout, stderr } = await binary.run(args, { ...options, stdin });
    assert.equal(exitCode ?? signal, 0, `${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  assert.match(await ok(["--version"]), /^\d+\.\d+\.\d+\n$/);
  assert.match(await ok(["status"]), /unlocked/);
  await ok(["secrets", "create", "A", "--value-file", "-"], "the value of A");
  await ok(["secrets", "import", "--entry-file", "-"], "B=1\nC=2\n");
  await ok(["secrets", "rotate", "A", "--value-file", "-"], "the next value of A");
  await ok(["secrets", "delete", "C"]);
  assert.match(await ok(["secrets", "list"]), /^A .*\nB /m);
  // To a passphrase: Argon2id comes as WebAssembly.
  await ok(["rotate-master", "--new-passphrase-file", "-"], "correct horse");
  await ok(["secrets", "show", "A", "--passphrase-file", "-"], "correct horse");
  const wrong = { ...options, stdin: "wrong" };
  const { exitCode } = await binary.run(["secrets", "show", "A", "--passphrase-file", "-"], wrong);
  assert.equal(exitCode, 6);
  assert.match(await ok(["audit"]), /vault\.rotate-master/);
}

/** Unlocks the vault that {@linkcode useEverything} left for every process, and locks it again. */
export async function useAgent(binary: LoneBinary, options: LoneOptions = {}): Promise<void> {
  const run = (args: readonly string[], stdin = "") => binary.run(args, { ...options, stdin });
  const unlocked = await run(["unlock", "--passphrase-file", "-"], "correct horse");
  try {
    assert.equal(unlocked.exitCode, 0, unlocked.stderr);
    const shown = await run(["secrets", "show", "A"]);
    assert.equal(shown.exitCode, 0, shown.stderr);
  } finally {
    const locked = await run(["lock"]);
    assert.equal(locked.exitCode, 0, locked.stderr);
  }
  assert.equal((await run(["secrets", "show", "A"])).exitCode, 3);
}

/** Writes a file below the directory that the program is started in. */
export async function plant(binary: LoneBinary, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(binary.cwd, path)), { recursive: true });
  await writeFile(join(binary.cwd, path), text);
}
