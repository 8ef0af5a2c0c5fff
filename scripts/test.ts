/**
 * The test command: every `tests/**\/*.test.ts` on Deno, Bun and Node, what starts the program against its executable
 * too (`binary`), the npm package (`npm`), and the core in a browser and an edge worker (`chromium`, `workerd`). The
 * last line it prints is the total, `N passed, N failed, N skipped`.
 *
 *     deno run -A scripts/test.ts [--runtime deno,node] [--all-runtimes] [--jobs 2] [--timeout 900] [path…]
 *
 * `--all-runtimes` makes a runtime that is not found, or an executable that is not built, a failure instead of a skip.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { ROOT } from "./source_tree.ts";
import { testEnvironment } from "./testing/environment.ts";
import { type FileRun, killRunning, type RunOptions } from "./testing/run_file.ts";
import { findRuntime } from "./testing/runtimes.ts";
import { findSuite, type FoundSuite, inSuite, SUITES } from "./testing/suites.ts";
import {
  count,
  describeCounts,
  describeFailed,
  describeSkipped,
  findVanished,
} from "./testing/summary.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runtime: { type: "string", multiple: true, default: [...SUITES] },
    "all-runtimes": { type: "boolean", default: false },
    jobs: { type: "string", default: String(availableParallelism()) },
    timeout: { type: "string", default: "900" },
  },
});

const wanted = flags.runtime.flatMap((list) => list.split(","));
for (const name of wanted) {
  if (SUITES.some((suite) => suite === name)) continue;
  console.error(`unknown runtime "${name}"; known are ${SUITES.join(", ")}`);
  process.exit(2);
}
const files = findFiles(positionals);
if (files.length === 0) console.error(`no test file matches ${positionals.join(" ")}`);
// The usual one: some tests make files that others can read.
process.umask(0o022);
const scratch = mkdtempSync(join(tmpdir(), "aivault-test-"));
const runs: FileRun[] = [];
const found: FoundSuite[] = [];
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    killRunning();
    rmSync(scratch, { recursive: true, force: true });
    process.exit(130);
  });
}
try {
  for (const name of SUITES.filter((suite) => wanted.includes(suite))) {
    const own = files.filter((file) => inSuite(name, ROOT, file));
    if (own.length === 0) continue;
    const each = findSuite(name, ROOT, scratch, own);
    found.push(each);
    console.log(`${name}: ${each.missing ?? each.version}`);
    if (each.missing === undefined) continue;
    const isFailure = flags["all-runtimes"] && each.isOptional !== true;
    runs.push(wholeSuite(name, isFailure ? "failed" : "skipped", each.missing));
  }
  const available = found.filter((each) => each.missing === undefined);
  const home = join(scratch, "home");
  mkdirSync(home);
  // The programs that tests start have an environment of their own, so they must not need the network.
  if (available.some(({ suite }) => suite === "deno")) {
    const { command } = findRuntime("deno", ROOT);
    const cache = (cwd: string, ...args: string[]) =>
      execFileSync(command, ["cache", "--quiet", ...args], { cwd, stdio: "inherit" });
    cache(ROOT, "cli.ts");
    // A package from JSR comes without this lock file, so Deno looks up more than stands in it.
    const { imports } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
    cache(home, "--no-lock", ...Object.values<string>(imports));
  }
  const options: RunOptions = {
    root: ROOT,
    scratch,
    env: testEnvironment(home),
    timeoutMs: Number(flags.timeout) * 1000,
  };
  runs.push(...await runAll(available, files, options));
  runs.push(...findVanished(runs));
  for (const { suite } of available) {
    const counts = count(runs.filter((run) => run.runtime === suite));
    if (counts.passed + counts.failed > 0) continue;
    runs.push(wholeSuite(suite, "failed", "it ran no test"));
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
summarise(runs);

/** Takes (file, suite) pairs off one queue, `--jobs` at a time. */
async function runAll(
  suites: readonly FoundSuite[],
  paths: readonly string[],
  options: RunOptions,
): Promise<FileRun[]> {
  const queue = paths.flatMap((file) =>
    suites.filter(({ suite }) => inSuite(suite, ROOT, file)).map((suite) => ({ suite, file }))
  );
  const done: FileRun[] = [];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const run = await next.suite.run(next.file, options);
      done.push(run);
      const counts = count([run]);
      const mark = counts.failed > 0 ? "FAIL" : "ok  ";
      const seconds = run.seconds.toFixed(1);
      console.log(
        `${mark} ${run.runtime.padEnd(8)} ${run.file}: ${describeCounts(counts)} (${seconds} s)`,
      );
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(flags.jobs)) }, worker));
  return done;
}

/** Every test file, or those whose path starts with one of `filters`. */
function findFiles(filters: readonly string[]): string[] {
  const all = globSync("tests/**/*.test.ts", {
    cwd: ROOT,
    exclude: (path) => path.includes("node_modules"),
  }).sort();
  const prefixes = filters.map((filter) => filter.replace(/^\.\//, ""));
  return prefixes.length === 0
    ? all
    : all.filter((file) => prefixes.some((prefix) => file.startsWith(prefix)));
}

function wholeSuite(
  runtime: FoundSuite["suite"],
  outcome: "failed" | "skipped",
  detail: string,
): FileRun {
  const name = `(everything on ${runtime})`;
  return { runtime, file: "tests", results: [{ name, outcome, detail }], seconds: 0 };
}

function summarise(all: readonly FileRun[]): void {
  const skipped = describeSkipped(all);
  const failed = describeFailed(all);
  if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.join("\n")}`);
  if (failed.length > 0) console.log(`\nFailed:\n${failed.join("\n")}`);
  console.log("");
  for (const { suite } of found) {
    const counts = count(all.filter((run) => run.runtime === suite));
    console.log(`${suite}: ${describeCounts(counts)}`);
  }
  const total = count(all);
  console.log(describeCounts(total));
  process.exitCode = total.failed > 0 || all.length === 0 ? 1 : 0;
}
