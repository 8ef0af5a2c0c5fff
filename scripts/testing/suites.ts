/**
 * The ways in which the tests are run: on each runtime, and against the program as one executable file.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkedOutCommit } from "../build/stage.ts";
import { executableName } from "../build/targets.ts";
import { compile, withStage } from "../compile.ts";
import { type Runtime, RUNTIMES } from "./junit.ts";
import { type FileRun, runFile, type RunOptions } from "./run_file.ts";
import { findRuntime } from "./runtimes.ts";

/** Every way, in the order of the reports. */
export const SUITES = [...RUNTIMES, "binary"] as const;
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
  /** Whether `file`, a path relative to the root, is one of its files. */
  has(file: string): boolean;
  /** Runs a file. */
  run(file: string, options: RunOptions): Promise<FileRun>;
}

/** Finds what `suite` needs, and makes it ready below the directory `scratch`. */
export function findSuite(suite: Suite, root: string, scratch: string): FoundSuite {
  return suite === "binary" ? findBinary(root, scratch) : findOnRuntime(suite, root);
}

function findOnRuntime(runtime: Runtime, root: string): FoundSuite {
  const found = findRuntime(runtime, root);
  const { version, missing } = found;
  return {
    suite: runtime,
    version,
    ...missing === undefined ? {} : { missing },
    has: (file) => !file.startsWith("tests/binary/"),
    run: (file, options) => runFile(found, file, options),
  };
}

/** The tests that start the program, run by Bun with the program that `scripts/compile.ts` makes. */
function findBinary(root: string, scratch: string): FoundSuite {
  const bun = findRuntime("bun", root);
  const binary = join(scratch, "binary", executableName(undefined));
  const missing = bun.missing === undefined ? build(binary) : `no Bun to build it: ${bun.missing}`;
  return {
    suite: "binary",
    version: `bun ${bun.version}`,
    ...missing === undefined ? {} : { missing },
    has: (file) => file.startsWith("tests/binary/") || startsProgram(root, file),
    run: async (file, options) => {
      const env = { ...options.env, AIVAULT_TEST_BINARY: binary };
      const scratch = join(options.scratch, "binary-tests");
      return { ...await runFile(bun, file, { ...options, scratch, env }), runtime: "binary" };
    },
  };
}

function build(outfile: string): string | undefined {
  mkdirSync(join(outfile, ".."), { recursive: true });
  const problem = withStage(
    checkedOutCommit(),
    (stage) => compile({ engine: "bun", target: undefined, outfile, stage }),
  );
  return problem ?? (existsSync(outfile) ? undefined : "the build left no file");
}

const STARTS_PROGRAM =
  /from "(?:\.\.\/)+helpers\/session\.ts"|\b(?:aivault|start|programCommand)\b[^;]*\} from "[./]+helpers\/program\.ts"/;

/** Whether a test runs the program itself, and not only code of the library. */
export function startsProgram(root: string, file: string): boolean {
  return STARTS_PROGRAM.test(readFileSync(join(root, file), "utf8"));
}
