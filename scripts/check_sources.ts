/**
 * Holds the sources to a few rules that no linter has: file length, no default exports, and
 * tests that all three runtimes count alike.
 *
 * @module
 */
import {
  codeOnly,
  findAll,
  type Finding,
  readTree,
  report,
  type SourceTree,
} from "./source_tree.ts";
import { edgeModules } from "./testing/edge/edge_files.ts";

const MOST_LINES = 300;
const DEFAULT_EXPORT = /^export default\b/gm;

/** Forms of node:test that one runtime or another drops, misreports, or reports without a reason. */
const UNEVEN_TESTS: readonly (readonly [RegExp, string])[] = [
  [/\.only\(|\bonly: true/g, "this hides every other test"],
  [/\bt\.test\(|\bawait \w+\.test\("/g, "Bun does not report subtests; use describe and it"],
  [/\bt\.(?:skip|todo)\(/g, "Deno reports this as passed; use { skip: reason }"],
  [/\b(?:test|it)\.(?:skip|todo)\(|\bskip: true/g, "give a reason with { skip: reason }"],
  [/\bdescribe\.\w+\(|\bdescribe\([^;{]*\{\s*skip/g, "Bun drops a skipped suite; skip its tests"],
];

/** Names of Node that are global in Deno and Bun too, but not where the core's tests run besides. */
const NODE_GLOBALS = /\b(?:setImmediate|clearImmediate)\b/g;

/** Lists what breaks these rules. */
export function checkSources(tree: SourceTree): Finding[] {
  const onTheEdge = edgeModules(tree);
  return [...tree].flatMap(([file, text]) => {
    const lines = text.trimEnd().split("\n").length;
    const findings: Finding[] = [];
    if (lines > MOST_LINES) {
      findings.push({
        file,
        line: MOST_LINES + 1,
        problem: `${lines} lines; ${MOST_LINES} at most`,
      });
    }
    const code = codeOnly(text);
    findings.push(...findAll(file, code, DEFAULT_EXPORT, "export it by name"));
    if (onTheEdge.has(file)) {
      findings.push(...findAll(file, code, NODE_GLOBALS, "a browser has none; use setTimeout"));
    }
    if (!file.endsWith(".test.ts")) return findings;
    return UNEVEN_TESTS.reduce(
      (all, [pattern, problem]) => [...all, ...findAll(file, code, pattern, problem)],
      findings,
    );
  });
}

if (import.meta.main) {
  const tree = readTree();
  report(`file length, default exports and test forms in ${tree.size} files`, checkSources(tree));
}
