/**
 * Runs one test file on one runtime, in a process of its own.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { parseJUnit, type TestResult } from "./junit.ts";
import { killGroup } from "./kill_group.ts";
import { type FoundRuntime, testArguments } from "./runtimes.ts";
import type { Suite } from "./suites.ts";
import { UNCAUGHT } from "./uncaught.ts";

/** The name under which a failure of a whole file is reported. */
export const WHOLE_FILE = "(the whole file)";

/** The results of one file on one runtime. */
export interface FileRun {
  /** Where it ran. */
  readonly runtime: Suite;
  /** The path of the test file, relative to the root. */
  readonly file: string;
  /** Never empty: a file that reports nothing has failed. */
  readonly results: readonly TestResult[];
  /** How long it took. */
  readonly seconds: number;
}

/** What every run has in common. */
export interface RunOptions {
  /** The root of the checkout. */
  readonly root: string;
  /** An empty directory for reports and captured output. */
  readonly scratch: string;
  /** The environment of the tests. */
  readonly env: Record<string, string>;
  /** After so many milliseconds the process and its children are killed. */
  readonly timeoutMs: number;
}

/** The processes that are running now: leaders of groups that no signal to the runner reaches. */
const running = new Set<number>();

/** Ends every test that is running. */
export function killRunning(): void {
  for (const pid of running) killGroup(pid);
}

/** Runs `file` and judges it. Crashes, early exits and time-outs are failures of the whole file. */
export async function runFile(
  found: FoundRuntime,
  file: string,
  options: RunOptions,
): Promise<FileRun> {
  const started = performance.now();
  const folder = join(options.scratch, found.runtime, file);
  mkdirSync(folder, { recursive: true });
  const report = join(folder, "report.xml");
  const outputPath = join(folder, "output.txt");
  // A single test stops earlier than the file, so that the report can still name it.
  const args = testArguments(found.runtime, file, report, Math.floor(options.timeoutMs * 0.9));
  const end = await runToEnd(found.command, args, outputPath, options);
  const output = stripVTControlCharacters(readFileSync(outputPath, "utf8"));
  const xml = existsSync(report) ? readFileSync(report, "utf8") : "";
  const results = judge(parseJUnit(xml, found.runtime), end, output);
  return { runtime: found.runtime, file, results, seconds: (performance.now() - started) / 1000 };
}

/** Adds a failure of the whole file where the report alone would hide one. */
export function judge(results: readonly TestResult[], end: string, output: string): TestResult[] {
  const tail = output.trimEnd().split("\n").slice(-60).join("\n");
  // Bun reports some failures without a word.
  const told = results.map((test) =>
    test.outcome === "failed" && test.detail === "" ? { ...test, detail: tail } : test
  );
  const problem = findProblem(results, end, output);
  if (problem === undefined) return told;
  return [...told, { name: WHOLE_FILE, outcome: "failed", detail: `${problem}\n${tail}` }];
}

function findProblem(
  results: readonly TestResult[],
  end: string,
  output: string,
): string | undefined {
  if (results.length === 0) return `it reported no test and ended with ${end}`;
  if (end.startsWith("killed")) return end;
  if (results.some((test) => test.outcome === "failed")) return undefined;
  if (end !== "exit code 0") return `no test failed, yet it ended with ${end}`;
  return output.includes(UNCAUGHT) ? "no test failed, yet there was an uncaught error" : undefined;
}

/** Output goes to a file, not a pipe: a pipe would stay open while a leftover child holds it. */
function runToEnd(
  command: string,
  args: readonly string[],
  outputPath: string,
  options: RunOptions,
): Promise<string> {
  const output = openSync(outputPath, "w");
  const child = spawn(command, args, {
    cwd: options.root,
    env: options.env,
    stdio: ["ignore", output, output],
    detached: true,
  });
  closeSync(output);
  if (child.pid !== undefined) running.add(child.pid);
  return new Promise((resolve) => {
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      killGroup(child.pid);
    }, options.timeoutMs);
    const finish = (end: string) => {
      clearTimeout(timer);
      killGroup(child.pid);
      if (child.pid !== undefined) running.delete(child.pid);
      resolve(killed ? `killed after ${options.timeoutMs / 1000} seconds (see --timeout)` : end);
    };
    child.on("error", (error) => finish(error.message));
    child.on("exit", (code, signal) => finish(code === null ? `${signal}` : `exit code ${code}`));
  });
}
