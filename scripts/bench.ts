/**
 * The benchmark: a table of what the vault costs at several sizes on each runtime found here, beside the same work
 * without a vault: a bare insert and commit of SQLite, as many inserts and updates in one transaction, and the cipher
 * alone (opening and sealing one wrapped DEK).
 *
 *     deno run -A scripts/bench.ts [--runtime deno,node] [--runs 3] [--json] [size…]
 *
 * Each size is measured in a process of its own, several times in turn with the others; the table shows medians.
 * `CPU µs` is the time that the process computed for one secret: other work on the machine disturbs it less.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  type Column,
  machine,
  type Measured,
  medianRatio,
  medians,
  table,
} from "./bench/report.ts";
import { ROOT } from "./source_tree.ts";
import { RUNTIMES } from "./testing/junit.ts";
import { findRuntime, type FoundRuntime } from "./testing/runtimes.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runtime: { type: "string", default: RUNTIMES.join(",") },
    runs: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});
const sizes = positionals.length === 0 ? [100, 10_000, 100_000] : positionals.map(Number);
const found = flags.runtime.split(",").flatMap((name) => {
  const runtime = RUNTIMES.find((known) => known === name);
  return runtime === undefined ? [] : [findRuntime(runtime, ROOT)];
});

const SINGLE: readonly Column[] = [
  ["secrets", "secrets", 0],
  ["create ms", "createMs", 2],
  ["rotate ms", "rotateMs", 2],
  ["delete ms", "deleteMs", 2],
  ["bare commit ms", "bareCommitMs", 2],
  ["list ms", "listMs", 0],
  ["peak memory MiB", "peakMemoryMiB", 0],
];
const BULK: readonly Column[] = [
  ["secrets", "secrets", 0],
  ["import /s", "importPerSecond", 0],
  ["CPU µs", "importCpuUs", 1],
  ["bare insert /s", "bareInsertPerSecond", 0],
  ["rotate-master /s", "rotateMasterPerSecond", 0],
  ["CPU µs", "rotateMasterCpuUs", 1],
  ["memory + MiB", "rotateMasterMemoryMiB", 0],
  ["bare update /s", "bareUpdatePerSecond", 0],
  ["cipher /s", "cipherPerSecond", 0],
];

function measure({ runtime, command }: FoundRuntime, size: number): Measured {
  const script = join(ROOT, "scripts/bench/measure.ts");
  const args = runtime === "deno" ? ["run", "-A", "--no-check", script] : [script];
  const output = execFileSync(command, [...args, String(size)], { cwd: ROOT, encoding: "utf8" });
  return JSON.parse(output);
}

function measureAll(runtime: FoundRuntime): Measured[][] {
  const bySize: Measured[][] = sizes.map(() => []);
  for (let run = 0; run < Number(flags.runs); run++) {
    for (const [i, size] of sizes.entries()) bySize[i]?.push(measure(runtime, size));
  }
  return bySize;
}

const documents: Record<string, unknown>[] = [];
const say = (line: string): void => {
  if (!flags.json) console.log(line);
};
say(`${machine()}, ${flags.runs} runs`);
for (const runtime of found) {
  say(`\n${runtime.runtime} ${runtime.missing ?? runtime.version}`);
  if (runtime.missing !== undefined) continue;
  const bySize = measureAll(runtime);
  const rows = bySize.map(medians);
  for (const columns of [SINGLE, BULK]) table(columns, rows).forEach(say);
  const growth = Object.fromEntries(
    ["createMs", "rotateMs", "deleteMs"].map((key) => [
      key,
      medianRatio(bySize.at(-1) ?? [], bySize[0] ?? [], key),
    ]),
  );
  const ratios = Object.entries(growth).map(([key, ratio]) =>
    `${key.replace("Ms", "")} ${ratio.toFixed(2)}`
  );
  say(`${sizes.at(-1)} against ${sizes[0]}, pair by pair: ${ratios.join(", ")}`);
  documents.push({ runtime: runtime.runtime, version: runtime.version, rows, growth });
}
say(`\n${machine()} at the end`);
if (flags.json) {
  console.log(JSON.stringify({ machine: machine(), runs: Number(flags.runs), documents }, null, 2));
}
