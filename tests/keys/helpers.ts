/**
 * What the tests of the key providers share.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { fileURLToPath } from "node:url";

/** A directory of its own for a test. */
export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), "aivault-keys-"));
}

/** Runs `body` in a directory of its own, which is removed afterwards. */
export function inDirectory(body: (directory: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const directory = await temporaryDirectory();
    try {
      await body(directory);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  };
}

/** A test that is skipped, and says why on every runtime, if `reason` is given. */
export function testUnless(
  reason: string | undefined,
  name: string,
  body: () => Promise<void>,
): void {
  if (reason === undefined) {
    test(name, { timeout: 240_000 }, body);
    return;
  }
  console.log(`skipped: ${name}: ${reason}`);
  test(name, { skip: reason }, () => {});
}

/** Why a test of POSIX permissions cannot run here; `undefined` if it can. */
export const NO_MODES = process.platform === "win32" ? "Windows has no POSIX modes" : undefined;

/** The command and arguments that run a script of this folder on the present runtime. */
export function scriptCommand(script: string): readonly [command: string, ...args: string[]] {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return "Deno" in globalThis ? [process.execPath, "run", "-A", file] : [process.execPath, file];
}

/** What a script of this folder prints; it has to end with 0. */
export function runScript(script: string, ...args: string[]): Promise<string> {
  const [command, ...own] = scriptCommand(script);
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...own, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.on("data", (chunk: Uint8Array) => printed += new TextDecoder().decode(chunk));
    child.on("error", reject);
    child.on(
      "close",
      (code) => code === 0 ? resolve(printed) : reject(new Error(`${script} ended with ${code}`)),
    );
  });
}
