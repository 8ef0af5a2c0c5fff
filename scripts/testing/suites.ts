/**
 * The ways in which the tests are run: on each runtime, against the program as one executable file, on the package
 * that npm gets, and of the core in a browser and an edge worker.
 *
 * @module
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkedOutCommit } from "../build/stage.ts";
import { executableName } from "../build/targets.ts";
import { installPackage } from "../build/install_package.ts";
import { compile, withStage } from "../compile.ts";
import { readTree } from "../source_tree.ts";
import { findChromium } from "./edge/chromium.ts";
import { edgeFiles } from "./edge/edge_files.ts";
import { edgeRunner } from "./edge/edge_suite.ts";
import type { Place } from "./edge/place.ts";
import { findWorkerd } from "./edge/workerd.ts";
import { type Runtime, RUNTIMES } from "./junit.ts";
import { type FileRun, runFile, type RunOptions } from "./run_file.ts";
import { findRuntime } from "./runtimes.ts";

/** Every way, in the order of the reports. */
export const SUITES = [...RUNTIMES, "binary", "npm", "chromium", "workerd"] as const;
/** One of {@linkcode SUITES}. */
export type Suite = (typeof SUITES)[number];

/** A way that can be gone here, or why it can not. */
export interface FoundSuite {
  /** Which one. */
  readonly suite: Suite;
  /** The version of what runs. */
  readonly version: string;
  /** Why it can not be run; absent if it can. */
  readonly missing?: string;
  /** Whether it may be missing even where everything else must be there: npm does not install it. */
  readonly isOptional?: boolean;
  /** Runs a file. */
  run(file: string, options: RunOptions): Promise<FileRun>;
}

/** Finds what `suite` needs to run `files`, and makes it ready below the directory `scratch`. */
export function findSuite(
  suite: Suite,
  root: string,
  scratch: string,
  files: readonly string[],
): FoundSuite {
  switch (suite) {
    case "binary":
      return findBinary(root, scratch);
    case "npm":
      return findNpm(root, scratch);
    case "chromium":
      return findEdge(suite, findChromium(), root, files);
    case "workerd":
      return findEdge(suite, findWorkerd(root), root, files);
    default:
      return findOnRuntime(suite, root);
  }
}

/** Where the tests are that only one suite has. */
const OWN_TESTS = /^tests\/(?:binary|npm)\//;

/** Whether `file`, a path relative to the root, is one of the files of `suite`. */
export function inSuite(suite: Suite, root: string, file: string): boolean {
  switch (suite) {
    case "binary":
      return file.startsWith("tests/binary/") ||
        (!OWN_TESTS.test(file) && startsProgram(root, file));
    case "npm":
      return file.startsWith("tests/npm/");
    case "chromium":
    case "workerd":
      return edgeFilesOf(root).has(file);
    default:
      return !OWN_TESTS.test(file);
  }
}

function findOnRuntime(runtime: Runtime, root: string): FoundSuite {
  const found = findRuntime(runtime, root);
  const { version, missing } = found;
  return {
    suite: runtime,
    version,
    ...missing === undefined ? {} : { missing },
    run: (file, options) => runFile(found, file, options),
  };
}

/** The tests that start the program, run by Bun with the program that `scripts/compile.ts` makes. */
function findBinary(root: string, scratch: string): FoundSuite {
  const bun = findRuntime("bun", root);
  const binary = join(scratch, "binary", executableName(undefined));
  const missing = bun.missing === undefined
    ? attempt(() => build(binary))
    : `no Bun to build it: ${bun.missing}`;
  return {
    suite: "binary",
    version: `bun ${bun.version}`,
    ...missing === undefined ? {} : { missing },
    run: async (file, options) => {
      const env = { ...options.env, AIVAULT_TEST_BINARY: binary };
      const scratch = join(options.scratch, "binary-tests");
      return { ...await runFile(bun, file, { ...options, scratch, env }), runtime: "binary" };
    },
  };
}

function build(outfile: string): void {
  mkdirSync(join(outfile, ".."), { recursive: true });
  const problem = withStage(
    checkedOutCommit(),
    (stage) => compile({ engine: "bun", target: undefined, outfile, stage }),
  );
  if (problem !== undefined) throw new Error(problem);
}

/** The package, built, packed and installed into an empty project, used by Node. */
function findNpm(root: string, scratch: string): FoundSuite {
  const node = findRuntime("node", root);
  const project = join(scratch, "npm", "project");
  const missing = node.missing ?? attempt(() => installPackage(project));
  return {
    suite: "npm",
    version: `node ${node.version}`,
    ...missing === undefined ? {} : { missing },
    run: async (file, options) => {
      const env = { ...options.env, AIVAULT_TEST_PROJECT: project };
      const scratch = join(options.scratch, "npm-tests");
      return { ...await runFile(node, file, { ...options, scratch, env }), runtime: "npm" };
    },
  };
}

function findEdge(
  suite: "chromium" | "workerd",
  place: Place,
  root: string,
  files: readonly string[],
): FoundSuite {
  const { version, missing } = place;
  return {
    suite,
    version,
    ...missing === undefined ? {} : { missing },
    isOptional: suite === "chromium",
    run: edgeRunner(suite, place, root, files),
  };
}

const edgeFilesByRoot = new Map<string, ReadonlySet<string>>();

function edgeFilesOf(root: string): ReadonlySet<string> {
  const known = edgeFilesByRoot.get(root) ?? new Set(edgeFiles(readTree(root)));
  edgeFilesByRoot.set(root, known);
  return known;
}

/** What stopped `work`, if something did. */
function attempt(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const STARTS_PROGRAM =
  /from "(?:\.\.\/)+helpers\/(?:session|agents)\.ts"|\b(?:aivault|start|programCommand|unboundCommand)\b[^;]*\} from "[./]+helpers\/program\.ts"/;

/** Whether a test runs the program itself, and not only code of the library. */
export function startsProgram(root: string, file: string): boolean {
  return STARTS_PROGRAM.test(readFileSync(join(root, file), "utf8"));
}
