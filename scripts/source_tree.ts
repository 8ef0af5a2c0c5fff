/**
 * The TypeScript sources as a map, so that a check can be run on the checkout and on an invented tree alike.
 *
 * @module
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** From the path, relative to the root and with `/`, to the text. */
export type SourceTree = ReadonlyMap<string, string>;

/** Something that a check objects to. */
export interface Finding {
  /** The path as in the tree. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** What is wrong, and what would be right. */
  readonly problem: string;
}

/** The root of the checkout. */
export const ROOT = join(import.meta.dirname ?? ".", "..");

const PATTERNS = ["*.ts", "{lib,providers,scripts,tests}/**/*.ts"];

/** Reads the sources below `root`. */
export function readTree(root: string = ROOT): SourceTree {
  const paths = globSync(PATTERNS, { cwd: root, exclude: (path) => path.includes("node_modules") });
  return new Map(
    paths.sort().map((
      path,
    ) => [path.replaceAll("\\", "/"), readFileSync(join(root, path), "utf8")]),
  );
}

const COMMENT_OR_STRING =
  /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

/** Blanks comments and quoted strings, keeping templates and every line break. */
export function codeOnly(text: string): string {
  return text.replace(
    COMMENT_OR_STRING,
    (whole: string, quoted?: string, template?: string) =>
      template ?? (quoted === undefined ? whole.replace(/[^\n]/g, "") : '""'),
  );
}

/** The line of `index` in `text`, counted from 1. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** One finding for each match of `pattern` (with flag g) in `text`. */
export function findAll(file: string, text: string, pattern: RegExp, problem: string): Finding[] {
  return [...text.matchAll(pattern)].map((match) => ({
    file,
    line: lineAt(text, match.index),
    problem: `${match[0].trim()}: ${problem}`,
  }));
}

/** Prints the one line of a check, or its findings, and sets the exit code. */
export function report(checked: string, findings: readonly Finding[]): void {
  for (const { file, line, problem } of findings) console.error(`${file}:${line}: ${problem}`);
  console.log(`${checked}: ${findings.length === 0 ? "ok" : `${findings.length} findings`}`);
  if (findings.length > 0) process.exitCode = 1;
}
