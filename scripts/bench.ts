/**
 * The benchmark: a table of what the vault costs at several sizes on each runtime found here, beside the bare
 * insert and commit of SQLite.
 *
 *     deno run -A scripts/bench.ts [--runtime deno,node] [--runs 3] [size…]
 *
 * Each size is measured in a process of its own, several times in turn with the others; the table shows medians.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { ROOT } from "./source_tree.ts";
import { RUNTIMES } from "./testing/junit.ts";
import { findRuntime, type FoundRuntime } from "./testing/runtimes.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runtime: { type: "string", default: RUNTIMES.join(",") },
    runs: { type: "string", default: "3" },
  },
});
const sizes = positionals.length === 0 ? [100, 10_000, 100_000] : positionals.map(Number);
const found = flags.runtime.split(",").flatMap((name) => {
  const runtime = RUNTIMES.find((known) => known === name);
  return runtime === undefined ? [] : [findRuntime(runtime, ROOT)];
});

const columns: readonly [head: string, key: string, digits: number][] = [
  ["secrets", "secrets", 0],
  ["create ms", "createMs", 2],
  ["rotate ms", "rotateMs", 2],
  ["delete ms", "deleteMs", 2],
  ["bare commit ms", "commitMs", 2],
  ["list ms", "listMs", 0],
  ["import /s", "importPerSecond", 0],
  ["rotate-master /s", "rotateMasterPerSecond", 0],
  ["… memory MiB", "rotateMasterMemoryMiB", 0],
  ["peak memory MiB", "peakMemoryMiB", 0],
];

type Measured = Readonly<Record<string, number>>;

function measure({ runtime, command }: FoundRuntime, size: number): Measured {
  const script = join(ROOT, "scripts/bench/measure.ts");
  const args = runtime === "deno" ? ["run", "-A", "--no-check", script] : [script];
  const output = execFileSync(command, [...args, String(size)], { cwd: ROOT, encoding: "utf8" });
  return JSON.parse(output);
}

function median(runs: readonly Measured[], key: string): number {
  const sorted = runs.map((run) => run[key] ?? Number.NaN).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

console.log(
  `${process.platform} ${process.arch}, ${cpus().length} × ${
    cpus()[0]?.model ?? "?"
  }, ${flags.runs} runs`,
);
for (const runtime of found) {
  console.log(`\n${runtime.runtime} ${runtime.missing ?? runtime.version}`);
  if (runtime.missing !== undefined) continue;
  console.log(columns.map(([head]) => head).join(" | "));
  const rows = new Map(sizes.map((size) => [size, [] as Measured[]]));
  for (let run = 0; run < Number(flags.runs); run++) {
    for (const [size, runs] of rows) runs.push(measure(runtime, size));
  }
  for (const runs of rows.values()) {
    const cells = columns.map(([head, key, digits]) =>
      median(runs, key).toFixed(digits).padStart(head.length)
    );
    console.log(cells.join(" | "));
  }
  const [least = 0, most = 0] = [sizes[0], sizes.at(-1)];
  const ratios = ["createMs", "rotateMs", "deleteMs"].map((key) => {
    const pairs = (rows.get(most) ?? []).map((run, i) =>
      (run[key] ?? Number.NaN) / (rows.get(least)?.[i]?.[key] ?? Number.NaN)
    );
    return `${key.replace("Ms", "")} ${
      median(pairs.map((ratio) => ({ ratio })), "ratio").toFixed(2)
    }`;
  });
  console.log(`${most} against ${least}, pair by pair: ${ratios.join(", ")}`);
}
