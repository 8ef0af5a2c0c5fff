/**
 * How long the program takes to start: a table for each runtime found here, for the npm package on Node and Bun, and for
 * the executable that Bun builds.
 *
 *     deno run -A scripts/bench_start.ts [--runs 11] [--json]
 *
 * Each line is a whole process, measured in turn with the others; shown are medians, and the median of the ratios to an
 * empty program of the same engine, pair by pair. In the executable, `status` on a vault that exists is to stay below
 * three times the empty one. `platform` is an empty program that loads the runtime's own modules, which the program needs
 * too. A second table divides the time of one `secrets create`: see `bench/create_parts.ts`.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { type Column, machine, type Measured, medians, table } from "./bench/report.ts";
import { buildNpm } from "./build_npm.ts";
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

/** A way to run a program. */
interface Engine {
  /** The command that runs the program in this file. */
  run(file: string): [string, ...string[]];
  /** Whether it runs any file, and so what divides the time of a command. */
  readonly runsAny: boolean;
  /** Bytes of the program, if it is one file. */
  readonly size?: number;
}

const PLATFORM = "scripts/bench/platform.ts";
const PROGRAMS = ["empty.ts", PLATFORM, "cli.ts"] as const;

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
    .filter(({ missing }) => missing === undefined);
  const sources = found.map(({ runtime, command }): [string, Engine] => {
    const words: [string, ...string[]] = runtime === "deno" ? [command, "run", "-A"] : [command];
    return [runtime, { run: (file) => [...words, file], runsAny: true }];
  });
  const shipped = packages(found.filter(({ runtime }) => runtime !== "deno"));
  return new Map([...sources, ...shipped, ...executables()]);
}

/** The npm package as its users start it: JavaScript, on these runtimes. */
function packages(runtimes: readonly { runtime: string; command: string }[]): [string, Engine][] {
  const built = join(directory, "npm");
  buildNpm(built, "unknown");
  symlinkSync(join(ROOT, "node_modules"), join(built, "node_modules"), "junction");
  writeFileSync(join(built, "empty.js"), "");
  copyFileSync(pathOf(PLATFORM), join(built, "platform.js"));
  const files = new Map([
    [pathOf("empty.ts"), join(built, "empty.js")],
    [pathOf(PLATFORM), join(built, "platform.js")],
    [pathOf("cli.ts"), join(built, "bin/aivault.js")],
  ]);
  return runtimes.map(({ runtime, command }) => [`npm package on ${runtime}`, {
    run: (file) => [command, files.get(file) ?? file],
    runsAny: false,
  }]);
}

/** The program, an empty one and the platform's, each built in the same way. */
function executables(): [string, Engine][] {
  const built = new Map<string, string>();
  for (const file of PROGRAMS) {
    const outfile = join(directory, `executable-${built.size}`);
    const problem = withStage("unknown", (stage) => {
      if (file !== "cli.ts") copyFileSync(pathOf(file), join(stage, "cli.ts"));
      return compile({ engine: "bun", target: undefined, outfile, stage });
    });
    if (problem !== undefined) return [];
    built.set(pathOf(file), outfile);
  }
  const { size } = statSync(built.get(pathOf("cli.ts")) ?? "");
  return [["executable", { run: (file) => [built.get(file) ?? file], runsAny: false, size }]];
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
  const cli = engine.run(pathOf("cli.ts"));
  names++;
  return {
    empty: timed(engine.run(pathOf("empty.ts"))),
    platform: timed(engine.run(pathOf(PLATFORM))),
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
  const [command, ...args] = engine.run(pathOf("scripts/bench/create_parts.ts"));
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
        engine.runsAny ? parts(engine) : {},
      ];
      // The first round fills the runtimes' caches.
      if (run < 0) continue;
      starts.get(name)?.push(start);
      divided.get(name)?.push(part);
    }
  }
  const documents = [...all].map(([name, { size }]) => ({
    engine: name,
    sizeBytes: size ?? null,
    starts: medians(starts.get(name) ?? []),
    createParts: medians(divided.get(name) ?? []),
  }));
  if (flags.json) console.log(JSON.stringify({ machine: machine(), documents }, null, 2));
  else {
    console.log(`${machine()}, ${flags.runs} runs`);
    for (const { engine, sizeBytes, starts, createParts } of documents) {
      const size = sizeBytes === null ? "" : `, ${(sizeBytes / 1e6).toFixed(1)} MB`;
      console.log(`\n${engine}${size}: processes`);
      table(STARTS, [starts]).forEach((line) => console.log(line));
      if (!all.get(engine)?.runsAny) continue;
      console.log(`${engine}: parts of one secrets create, ms`);
      table(PARTS, [createParts]).forEach((line) => console.log(line));
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
