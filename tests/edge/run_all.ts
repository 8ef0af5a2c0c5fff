/**
 * Runs the core's tests where there is neither Deno nor Bun nor Node, and reports what became of them.
 *
 * @module
 */
import { DATA_KEY } from "./data.ts";
import { type EdgeResult, runFile } from "./test.ts";

/** What a run reports. */
export interface EdgeReport {
  /** What the place calls itself. */
  readonly userAgent: string;
  /** The names of other platforms that it knows: none, or the tests would prove nothing. */
  readonly platforms: readonly string[];
  /** The results by the file's path. */
  readonly files: Readonly<Record<string, readonly EdgeResult[]>>;
}

/** What is run. */
export interface EdgeRun {
  /** How to load each file of tests. */
  readonly files: Readonly<Record<string, () => Promise<unknown>>>;
  /** Files of test data, by path. */
  readonly data: Readonly<Record<string, string>>;
  /** Reasons to skip whole files, by path. */
  readonly skip: Readonly<Record<string, string>>;
}

/** Runs the tests of all files, one after another. */
export async function runAll({ files, data, skip }: EdgeRun): Promise<EdgeReport> {
  const platforms = ["Deno", "Bun", "process", "Buffer", "require"].filter((name) =>
    name in globalThis
  );
  Reflect.set(globalThis, DATA_KEY, data);
  const results: Record<string, readonly EdgeResult[]> = {};
  for (const [file, load] of Object.entries(files)) {
    results[file] = await runFile(load, skip[file]);
  }
  return { userAgent: globalThis.navigator.userAgent, platforms, files: results };
}
