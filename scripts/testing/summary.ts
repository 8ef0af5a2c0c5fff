/**
 * From the runs of all files on all runtimes to what the reader sees at the end.
 *
 * @module
 */
import type { TestResult } from "./junit.ts";
import { type FileRun, WHOLE_FILE } from "./run_file.ts";
import type { Suite } from "./suites.ts";

/** How many tests ended how. */
export type Counts = Record<TestResult["outcome"], number>;

/** Counts the results of `runs`. */
export function count(runs: readonly FileRun[]): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const run of runs) for (const test of run.results) counts[test.outcome]++;
  return counts;
}

/** The one-line form of `counts`. */
export function describeCounts(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

/**
 * One failed run for each file and runtime that reported fewer tests than another runtime did.
 * A test that vanishes on one runtime would otherwise look like a pass.
 */
export function findVanished(runs: readonly FileRun[]): FileRun[] {
  const findings: FileRun[] = [];
  for (const group of Map.groupBy(runs, (run) => run.file).values()) {
    if (group.some((run) => run.results.some((test) => test.name === WHOLE_FILE))) continue;
    const longest = group.reduce((a, b) => (b.results.length > a.results.length ? b : a));
    for (const run of group) {
      const expected = longest.results.filter(({ name }) => isExpected(run.runtime, name));
      if (run.results.length >= expected.length) continue;
      const here = new Set(run.results.map((test) => test.name));
      const lost = expected.map((test) => test.name).filter((name) => !here.has(name));
      const detail = `${longest.runtime} reports ${expected.length} tests, ` +
        `${run.runtime} ${run.results.length}; not reported here: ${lost.join(" | ") || "?"}\n` +
        "Register every test on every runtime, skip with { skip: reason }, and use no subtests.";
      findings.push({ ...run, results: [{ name: WHOLE_FILE, outcome: "failed", detail }] });
    }
  }
  return findings;
}

/** There is no SQLite in a browser or a worker, so tests of that store are not registered there. */
function isExpected(suite: Suite, name: string): boolean {
  return (suite !== "chromium" && suite !== "workerd") || !name.includes("SqliteStore");
}

/** From this many tests of one file on that are skipped for one reason, they share a line. */
const MANY = 4;

/** A line for each skipped test: where, its name, its reason, which not every runtime reports. */
export function describeSkipped(runs: readonly FileRun[]): string[] {
  const skipped = new Map<string, { file: string; name: string; on: Suite[]; reason: string }>();
  for (const { runtime, file, results } of runs) {
    for (const { name, outcome, detail } of results) {
      if (outcome !== "skipped") continue;
      const key = `${file}: ${name}`;
      const entry = skipped.get(key) ?? { file, name, on: [], reason: "" };
      entry.on.push(runtime);
      if (runtime === "node" || entry.reason === "") entry.reason = detail;
      skipped.set(key, entry);
    }
  }
  const alike = Map.groupBy(
    skipped.values(),
    ({ file, on, reason }) => JSON.stringify([file, reason, [...on].sort()]),
  );
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    const shared = group.length < MANY || first === undefined
      ? group
      : [{ ...first, name: `${group.length} tests` }];
    return shared.map(({ file, name, on, reason }) =>
      `${file}: ${name}: ${reason || "the reason is in the file"} (${on.join(", ")})`
    );
  });
}

/** The failed tests of `runs`, each with the runtime's own words. */
export function describeFailed(runs: readonly FileRun[]): string[] {
  return runs.flatMap((run) =>
    run.results
      .filter((test) => test.outcome === "failed")
      .map((test) =>
        `${run.runtime} ${run.file}: ${test.name}\n${test.detail.replace(/^/gm, "    ")}\n`
      )
  );
}
