/**
 * Finds the TypeScript examples in doc comments and in the Markdown files.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lineAt, readTree, ROOT } from "./source_tree.ts";

/** One runnable example. */
export interface Example {
  /** The file it stands in. */
  readonly file: string;
  /** The line of its first statement, counted from 1. */
  readonly line: number;
  /** A module that imports this package by its name. */
  readonly code: string;
}

const IN_COMMENT = /^[ \t]*\* ```ts\b.*\n([\s\S]*?)^[ \t]*\* ```/gm;
const IN_MARKDOWN = /^```ts\b.*\n([\s\S]*?)^```/gm;
const MARKDOWN = ["README.md", "SECURITY.md", "CONTRIBUTING.md"];

/** Lists the examples of `text`, with the stars of doc comments removed. */
export function extractExamples(file: string, text: string): Example[] {
  const inComment = !file.endsWith(".md");
  return [...text.matchAll(inComment ? IN_COMMENT : IN_MARKDOWN)].map((match) => {
    const body = match[1] ?? "";
    const code = inComment ? body.replace(/^[ \t]*\* ?/gm, "") : body;
    return { file, line: lineAt(text, match.index) + 1, code };
  });
}

/** Lists the examples of the library's sources and of the Markdown files below `root`. */
export function findExamples(root: string = ROOT): Example[] {
  const sources = [...readTree(root)].filter(([file]) => !/^(scripts|tests)\//.test(file));
  const pages = MARKDOWN.filter((file) => existsSync(join(root, file)))
    .map((file) => [file, readFileSync(join(root, file), "utf8")] as const);
  return [...sources, ...pages].flatMap(([file, text]) => extractExamples(file, text));
}
