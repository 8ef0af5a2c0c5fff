/**
 * Finds Deno, Bun and Node, and says how each of them runs a test file.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Runtime } from "./junit.ts";

/** A runtime that can run tests here, or why it can not. */
export interface FoundRuntime {
  /** Which one. */
  readonly runtime: Runtime;
  /** The path or name of its executable. */
  readonly command: string;
  /** What it says of its version. */
  readonly version: string;
  /** Why it can not run the tests; absent if it can. */
  readonly missing?: string;
}

/** The least version with `node:sqlite` and `node:test` as the suite uses them. */
const LEAST: Readonly<Record<Runtime, readonly [number, number]>> = {
  deno: [2, 4],
  bun: [1, 4],
  node: [22, 18],
};

/** Looks in tests/runtimes first, so that the pinned version wins over one on the PATH. */
export function findRuntime(runtime: Runtime, root: string): FoundRuntime {
  const pinned = join(root, "tests/runtimes/node_modules/.bin", runtime);
  const fallback = runtime === "deno" ? process.execPath : runtime;
  const command = existsSync(pinned) ? pinned : fallback;
  let version = "";
  try {
    version = execFileSync(command, ["--version"], { encoding: "utf8" }).split("\n", 1)[0] ?? "";
  } catch {
    return { runtime, command, version, missing: "not found; `npm test` installs it" };
  }
  const [major = 0, minor = 0] = (version.match(/\d+/g) ?? []).map(Number);
  const [leastMajor, leastMinor] = LEAST[runtime];
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
    const missing =
      `${version} is older than ${leastMajor}.${leastMinor}; \`npm test\` installs one`;
    return { runtime, command, version, missing };
  }
  if (runtime !== "deno" && !existsSync(join(root, "node_modules"))) {
    return { runtime, command, version, missing: "no node_modules; `npm ci` installs them" };
  }
  return { runtime, command, version };
}

/** The arguments that run `file` and write a JUnit report to `report`. */
export function testArguments(
  runtime: Runtime,
  file: string,
  report: string,
  timeoutMs: number,
): string[] {
  switch (runtime) {
    case "deno":
      // Types are the gate's business; here they would be checked once per file.
      return [
        "test",
        "-A",
        "--no-check",
        "--preload=scripts/testing/report_uncaught.ts",
        `--junit-path=${report}`,
        file,
      ];
    case "bun":
      // Bun gives a test 5 seconds unless told otherwise, the others have no limit.
      return [
        "test",
        `--timeout=${timeoutMs}`,
        "--reporter=junit",
        `--reporter-outfile=${report}`,
        `./${file}`,
      ];
    case "node":
      // Not `--test`: it reports a file that has no test, or that exits early, as a passed test.
      return [
        `--test-timeout=${timeoutMs}`,
        "--test-reporter=junit",
        `--test-reporter-destination=${report}`,
        "--test-reporter=spec",
        "--test-reporter-destination=stdout",
        file,
      ];
  }
}
