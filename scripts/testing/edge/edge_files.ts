/**
 * Which tests run where there is no Deno, Bun or Node: those that, with a few modules replaced, import nothing of them.
 *
 * @module
 */
import { importsOf } from "../../imports.ts";
import type { SourceTree } from "../../source_tree.ts";

/** What stands in for modules that are not there, by the specifier or the path that is imported. */
export const STAND_INS: Readonly<Record<string, string>> = {
  "node:test": "tests/edge/test.ts",
  "node:assert/strict": "tests/edge/assert.ts",
  "node:buffer": "tests/edge/buffer.ts",
  "tests/helpers/data.ts": "tests/edge/data.ts",
  "tests/helpers/store_kinds.ts": "tests/edge/store_kinds.ts",
};

/** The paths, sorted, of the test files that can run there. */
export function edgeFiles(tree: SourceTree): string[] {
  const tests = [...tree.keys()].filter((file) => file.endsWith(".test.ts"));
  return tests.filter((file) => closureOf(tree, file) !== undefined).sort();
}

/** The paths of all files that these tests load. */
export function edgeModules(tree: SourceTree): Set<string> {
  return new Set(edgeFiles(tree).flatMap((file) => [...closureOf(tree, file) ?? []]));
}

/** What `start` loads; `undefined` if something of it is not there. */
function closureOf(tree: SourceTree, start: string): ReadonlySet<string> | undefined {
  const seen = new Set<string>();
  const isClean = (file: string): boolean => {
    if (seen.has(file)) return true;
    seen.add(file);
    const text = tree.get(file);
    if (text === undefined) return false;
    return importsOf(file, text).every(({ to, relative, dynamic }) => {
      // mod.ts loads the program only when it is the main module.
      if (dynamic && file === "mod.ts") return true;
      const target = STAND_INS[to] ?? to;
      if (target.startsWith("node:") || /^(?:scripts|providers)\//.test(target)) return false;
      return relative || target !== to ? isClean(target) : true;
    });
  };
  return isClean(start) ? seen : undefined;
}
