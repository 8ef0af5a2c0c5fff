/**
 * Builds `aivault` as executable files that need nothing beside them.
 *
 *     deno task compile [--engine bun|deno] [--target T…] [--out dist] [--commit HASH]
 *
 * Without `--target` it builds for this machine, as `aivault`; with it, as `aivault-T`, and `all` stands for every
 * target. The commit that the executable names is the one checked out, unless said. Bun (the default) takes its base
 * executables for other machines from the npm registry, Deno from its own server. Where that cannot be reached,
 * `DENORT_BIN` names Deno's base executable, `denort`.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { LICENSES_FILE } from "./build/licenses.ts";
import { DENO_PERMISSIONS } from "./build/permissions.ts";
import { checkedOutCommit, stageSources } from "./build/stage.ts";
import { type Engine, executableName, findTargets, type Target } from "./build/targets.ts";
import { ROOT } from "./source_tree.ts";

/** What to build. */
export interface Build {
  readonly engine: Engine;
  /** `undefined` for this machine. */
  readonly target: Target | undefined;
  /** Where the executable goes. */
  readonly outfile: string;
  /** The sources, as staged. */
  readonly stage: string;
}

/** What to do where an engine cannot build. */
export const HINTS: Readonly<Record<Engine, string>> = {
  deno:
    "where Deno's base executable cannot be downloaded, fetch denort of this Deno's version from its " +
    "releases and put its path into DENORT_BIN, or use --engine bun",
  bun:
    "`npm run pretest` installs Bun; its base executables for other machines come from the npm registry",
};

/** The command that makes `build`, run in its stage. */
export function buildCommand({ engine, target, outfile, stage }: Build): [string, ...string[]] {
  if (engine === "deno") {
    const to = target === undefined ? [] : ["--target", target.name];
    const options = ["--deny-import", "--frozen", "--no-check", "--exclude-unused-npm"];
    const allow = [...DENO_PERMISSIONS, ...options, "--app-name", "aivault"];
    const include = existsSync(join(stage, LICENSES_FILE)) ? ["--include", LICENSES_FILE] : [];
    return [deno(), "compile", ...allow, ...include, ...to, "--output", outfile, "cli.ts"];
  }
  const options = [
    "--compile",
    "--minify",
    "--bytecode",
    "--format=esm",
    // What a command does not need is not read either; parts that are small go with others.
    "--splitting",
    "--min-chunk-size=16384",
    // Most of what runs in a command runs once: compiling it to machine code at the usual threshold costs more than it
    // saves, and a command that goes through every secret is past the higher one at once.
    "--compile-jit-policy=4",
    // The directory it is called from must not decide what it runs or which vault it opens.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    `--asset=${LICENSES_FILE}`,
  ];
  const to = target === undefined ? [] : [`--target=${target.bun}`];
  return [bun(), "build", ...options, ...to, `--outfile=${outfile}`, "cli.ts"];
}

/** The Bun that builds. */
export function bun(): string {
  const installed = join(ROOT, "tests/runtimes/node_modules/.bin/bun");
  if (existsSync(installed)) return installed;
  return "Bun" in globalThis ? process.execPath : "bun";
}

function deno(): string {
  return "Deno" in globalThis ? process.execPath : "deno";
}

/** Runs a command that builds something of `stage`, and gives what it said if it failed. */
export function runBuild(
  [command, ...args]: readonly [string, ...string[]],
  stage: string,
): string | undefined {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: stage,
    encoding: "utf8",
  });
  if (error === undefined && status === 0) return undefined;
  return error?.message ?? `${stdout}${stderr}`.trimEnd();
}

/**
 * Builds one executable.
 *
 * @returns What went wrong, if something did.
 */
export function compile(build: Build): string | undefined {
  // Beside the sources first: a build that fails leaves an earlier executable alone.
  const built = join(build.stage, basename(build.outfile));
  const failure = runBuild(buildCommand({ ...build, outfile: built }), build.stage);
  if (failure === undefined && existsSync(built)) {
    copyFileSync(built, `${build.outfile}.tmp`);
    renameSync(`${build.outfile}.tmp`, build.outfile);
    return undefined;
  }
  const said = failure ?? "it made no file";
  return `${build.engine} could not build ${build.outfile}:\n${said}\nhint: ${HINTS[build.engine]}`;
}

/** Runs `work` with a directory that holds the staged sources, which is removed afterwards. */
export function withStage<T>(commit: string, work: (stage: string) => T): T {
  const stage = mkdtempSync(join(tmpdir(), "aivault-build-"));
  try {
    stageSources(stage, commit);
    return work(stage);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function main(): void {
  const { values: flags } = parseArgs({
    options: {
      engine: { type: "string", default: "bun" },
      target: { type: "string", multiple: true, default: [] },
      out: { type: "string", default: join(ROOT, "dist") },
      commit: { type: "string", default: checkedOutCommit() },
    },
  });
  const engine = flags.engine;
  if (engine !== "bun" && engine !== "deno") {
    throw new RangeError(`unknown engine "${engine}"; known are bun, deno`);
  }
  if (engine === "bun" && !existsSync(join(ROOT, "node_modules"))) {
    throw new Error(
      "the packages that the program uses are not here\nhint: install them, and Bun, with: npm run pretest",
    );
  }
  const named = flags.target.flatMap((list) => list.split(","));
  const targets = named.length === 0 ? [undefined] : findTargets(named, engine);
  mkdirSync(flags.out, { recursive: true });
  withStage(flags.commit, (stage) => {
    for (const target of targets) {
      const outfile = resolve(flags.out, executableName(target));
      const problem = compile({ engine, target, outfile, stage });
      if (problem !== undefined) {
        console.error(`compile: ${problem}`);
        process.exitCode = 1;
      } else console.log(`${outfile} (${(statSync(outfile).size / 1e6).toFixed(1)} MB, ${engine})`);
    }
  });
}

if (import.meta.main) {
  try {
    main();
  } catch (error) {
    console.error(`compile: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 2;
  }
}
