/**
 * Finds platform names in the core, and the network and printing anywhere in the library. Types are checked by
 * `deno check --config core.deno.json`, which has no platform types; this finds what a cast or
 * `globalThis` would hide from it, and holds for lib/cli too.
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

const PLATFORM =
  /\b(?:Deno|Bun|process)\s*(?:\.\w|\[)|\bBuffer\b|globalThis\.(?:Deno|Bun|process)\b/g;
const NETWORK =
  /\b(?:fetch|WebSocket|WebSocketStream|EventSource|XMLHttpRequest|WebTransport)\s*\(/g;
const PRINTING = /\bconsole\s*\./g;

/** Lists platform names in lib/ and mod.ts, and uses of the network and the console in lib/ and providers/. */
export function checkPurity(tree: SourceTree): Finding[] {
  return [...tree].flatMap(([file, text]) => {
    const code = codeOnly(text);
    const isCore = file.startsWith("lib/") || file === "mod.ts";
    const isLibrary = isCore || file.startsWith("providers/");
    return [
      ...isCore ? findAll(file, code, PLATFORM, "the core knows Web standards only") : [],
      ...isLibrary || file === "cli.ts"
        ? findAll(file, code, NETWORK, "a vault has no network")
        : [],
      ...isLibrary ? findAll(file, code, PRINTING, "output goes through the CLI's context") : [],
    ];
  });
}

if (import.meta.main) {
  report("no platform names in lib/, no console in lib/ and providers/", checkPurity(readTree()));
}
