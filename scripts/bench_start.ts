/**
 * How long the program takes to start: a table for each runtime found here and for the executable that Bun builds.
 *
 *     deno run -A scripts/bench_start.ts [--runs 11] [--json]
 *
 * Each line is a whole process, measured in turn with the others; shown are medians, and the median of the ratios to an
 * empty program of the same engine, pair by pair. `platform` is an empty program that loads the runtime's own modules,
 * which the program needs too. A second table divides the time of one `secrets create`: see `bench/create_parts.ts`.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { type Column, machine, type Measured, medians, table } from "./bench/report.ts";
import { compile, withStage } from "./compile.ts";
import { ROOT } from "./source_tree.ts";
import { RUNTIMES } from "./testing/junit.ts";
import { findRuntime } from "./testing/runtimes.ts";

const { values: flags } = parseArgs({
  options: {
    runs: { type: "string", default: "11" },
    json: { type: "boolean", default: false },
  },
});
const directory = mkdtempSync(join(tmpdir(), "aivault-bench-"));
const env = { ...process.env, AIVAULT_DIR: join(directory, "vault") };
let names = 0;

/** A way to run a program, given its file. */
type Engine = (file: string) => [string, ...string[]];

const PARTS: readonly Column[] = [
  ["engine", "engineMs", 1],
  ["load", "loadMs", 1],
  ["open SQLite", "openMs", 1],
  ["key", "keyMs", 1],
  ["work", "workMs", 1],
  ["commit", "commitMs", 1],
  ["close", "closeMs", 1],
];

function engines(): Map<string, Engine> {
  const found = RUNTIMES.map((runtime) => findRuntime(runtime, ROOT))
    .filter(({ missing }) => missing === undefined)
    .map(({ runtime, command }): [string, Engine] => [
      runtime,
      runtime === "deno" ? (file) => [command, "run", "-A", file] : (file) => [command, file],
    ]);
  return new Map([...found, ...executables()]);
}

/** The program, an empty one and the platform's, each built in the same way. */
function executables(): [string, Engine][] {
  const built = new Map<string, string>();
  for (const file of ["empty.ts", "scripts/bench/platform.ts", "cli.ts"]) {
    const outfile = join(directory, `executable-${built.size}`);
    const problem = withStage("unknown", (stage) => {
      if (file !== "cli.ts") copyFileSync(pathOf(file), join(stage, "cli.ts"));
      return compile({ engine: "bun", target: undefined, outfile, stage });
    });
    if (problem !== undefined) return [];
    built.set(pathOf(file), outfile);
  }
  return [["executable", (file) => [built.get(file) ?? file]]];
}

function pathOf(file: string): string {
  return join(file === "empty.ts" ? directory : ROOT, file);
}

function timed([command, ...args]: readonly [string, ...string[]]): number {
  const start = performance.now();
  execFileSync(command, args, { env, input: "value", stdio: ["pipe", "ignore", "pipe"] });
  return performance.now() - start;
}

function measure(engine: Engine): Measured {
  const cli = engine(pathOf("cli.ts"));
  names++;
  return {
    empty: timed(engine(pathOf("empty.ts"))),
    platform: timed(engine(pathOf("scripts/bench/platform.ts"))),
    version: timed([...cli, "--version"]),
    status: timed([...cli, "status"]),
    create: timed([...cli, "secrets", "create", "--name", `N${names}`, "--value-file", "-"]),
  };
}

function withRatios(run: Measured): Measured {
  const ratios = Object.entries(run).map(([key, ms]) => [`${key}Ratio`, ms / (run.empty ?? 0)]);
  return { ...run, ...Object.fromEntries(ratios) };
}

function parts(engine: Engine): Measured {
  const [command, ...args] = engine(pathOf("scripts/bench/create_parts.ts"));
  return JSON.parse(execFileSync(command, args, { env, encoding: "utf8" }));
}

const STARTS: readonly Column[] = ["empty", "platform", "version", "status", "create"].flatMap(
  (key): Column[] => [[`${key} ms`, key, 1], ["ratio", `${key}Ratio`, 2]],
).filter(([, key]) => key !== "emptyRatio");

try {
  writeFileSync(pathOf("empty.ts"), "");
  const all = engines();
  const starts = new Map([...all.keys()].map((name) => [name, [] as Measured[]]));
  const divided = new Map([...all.keys()].map((name) => [name, [] as Measured[]]));
  for (let run = -1; run < Number(flags.runs); run++) {
    for (const [name, engine] of all) {
      const [start, part] = [
        withRatios(measure(engine)),
        name === "executable" ? {} : parts(engine),
      ];
      // The first round fills the runtimes' caches.
      if (run < 0) continue;
      starts.get(name)?.push(start);
      divided.get(name)?.push(part);
    }
  }
  const documents = [...all.keys()].map((name) => ({
    engine: name,
    starts: medians(starts.get(name) ?? []),
    createParts: medians(divided.get(name) ?? []),
  }));
  if (flags.json) console.log(JSON.stringify({ machine: machine(), documents }, null, 2));
  else {
    console.log(`${machine()}, ${flags.runs} runs`);
    for (const { engine, starts, createParts } of documents) {
      console.log(`\n${engine}: processes`);
      table(STARTS, [starts]).forEach((line) => console.log(line));
      if (engine === "executable") continue;
      console.log(`${engine}: parts of one secrets create, ms`);
      table(PARTS, [createParts]).forEach((line) => console.log(line));
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
