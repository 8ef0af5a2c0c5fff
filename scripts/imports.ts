/**
 * The imports of a source tree, read without a parser: `deno fmt` puts every static import and
 * re-export at the start of a line.
 *
 * @module
 */
import { posix } from "node:path";
import { lineAt, type SourceTree } from "./source_tree.ts";

/** One import, re-export or `import()` of a literal. */
export interface Import {
  /** The importing file. */
  readonly from: string;
  /** A path of the tree, or the specifier of something outside. */
  readonly to: string;
  /** Whether {@linkcode Import.to} was a relative specifier. */
  readonly relative: boolean;
  /** Whether it is an `import()` expression. */
  readonly dynamic: boolean;
  /** Counted from 1. */
  readonly line: number;
}

const STATIC = /^(?:import|export)\s(?:[^"';=()]*?\sfrom\s*)?["']([^"']+)["']/gm;
const DYNAMIC = /^(?!\s*(?:\*|\/\/)).*\bimport\(\s*["'`]([^"'`]+)["'`]/gm;

/** Lists the imports of `file`. */
export function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  for (const [pattern, dynamic] of [[STATIC, false], [DYNAMIC, true]] as const) {
    for (const match of text.matchAll(pattern)) {
      const specifier = match[1] ?? "";
      const relative = /^\.\.?\//.test(specifier);
      const to = relative ? posix.join(posix.dirname(file), specifier) : specifier;
      const line = lineAt(text, match.index + match[0].length);
      found.push({ from: file, to, relative, dynamic, line });
    }
  }
  return found;
}

/** Lists the import cycles of `tree`, each once, as the imports that close the circle. */
export function findCycles(tree: SourceTree): Import[][] {
  const edges = new Map<string, Import[]>();
  for (const [file, text] of tree) {
    edges.set(file, importsOf(file, text).filter((each) => tree.has(each.to)));
  }
  const cycles: Import[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly Import[]): void => {
    for (const edge of edges.get(file) ?? []) {
      const start = path.findIndex((each) => each.from === edge.to);
      if (start >= 0 || edge.to === file) {
        cycles.push([...path.slice(start < 0 ? path.length : start), edge]);
      } else if (!done.has(edge.to)) visit(edge.to, [...path, edge]);
    }
    done.add(file);
  };
  for (const file of edges.keys()) if (!done.has(file)) visit(file, []);
  return cycles;
}
