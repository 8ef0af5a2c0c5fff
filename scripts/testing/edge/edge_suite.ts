/**
 * The core's tests, bundled and run in one go in a place without Deno, Bun or Node.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { EdgeReport } from "../../../tests/edge/run_all.ts";
import type { TestResult } from "../junit.ts";
import { type FileRun, type RunOptions, WHOLE_FILE } from "../run_file.ts";
import { findRuntime } from "../runtimes.ts";
import type { Place } from "./place.ts";

/** As many times as long as for one file is waited for all of them. */
const AT_ONCE = 4;

/** Gives a function that runs one of `files` in `place`; all of them are run when it is first called. */
export function edgeRunner(
  suite: "chromium" | "workerd",
  place: Place,
  root: string,
  files: readonly string[],
): (file: string, options: RunOptions) => Promise<FileRun> {
  let report: Promise<EdgeReport> | undefined;
  return async (file, options) => {
    const started = performance.now();
    const directory = join(options.scratch, suite);
    report ??= runBundle(place, root, files, directory, AT_ONCE * options.timeoutMs);
    const results = await report.then((it) => resultsOf(it, file), failed);
    return { runtime: suite, file, results, seconds: (performance.now() - started) / 1000 };
  };
}

async function runBundle(
  place: Place,
  root: string,
  files: readonly string[],
  directory: string,
  timeoutMs: number,
): Promise<EdgeReport> {
  mkdirSync(directory, { recursive: true });
  const bundle = join(directory, "bundle.js");
  const { command, missing } = findRuntime("bun", root);
  if (missing !== undefined) throw new Error(`no Bun to bundle the tests: ${missing}`);
  const script = join(root, "scripts/testing/edge/bundle.ts");
  execFileSync(command, [script, bundle, ...files], { cwd: root });
  return await place.run(bundle, join(directory, "place"), timeoutMs);
}

/** The results of one file. A place that knows another platform proves nothing. */
export function resultsOf({ platforms, files }: EdgeReport, file: string): readonly TestResult[] {
  if (platforms.length > 0) return failed(`this place has ${platforms.join(", ")}`);
  const results = files[file] ?? [];
  return results.length === 0 ? failed("it reported no test") : results;
}

function failed(error: unknown): readonly TestResult[] {
  const detail = error instanceof Error ? error.stack ?? error.message : String(error);
  return [{ name: WHOLE_FILE, outcome: "failed", detail }];
}
