/**
 * Holds the imports to the layers of the house:
 * cli.ts → lib/cli, providers → lib/agent → lib/vault → lib/crypto → lib/errors.
 *
 * @module
 */
import { findCycles, type Import, importsOf } from "./imports.ts";
import { type Finding, readTree, report, type SourceTree } from "./source_tree.ts";

const CORE = ["lib/*.ts", "lib/crypto", "lib/vault", "lib/agent"];

/** What each layer may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "lib/*.ts": [],
  "lib/crypto": CORE.slice(0, 1),
  "lib/vault": CORE.slice(0, 2),
  "lib/agent": CORE.slice(0, 3),
  "lib/cli": CORE,
  "providers": CORE,
  "mod.ts": CORE,
  "cli.ts": [...CORE, "lib/cli", "providers", "mod.ts"],
};

/** Which paths may import which package. A package that is not here has no reason to be here. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "@hpke/core": ["lib/crypto/"],
  "@noble/ciphers": ["lib/crypto/"],
  "@noble/hashes": ["lib/crypto/"],
  "hash-wasm": ["lib/crypto/"],
  "valibot": ["lib/", "providers/"],
  "commander": ["lib/cli/syntax/"],
};

/** Modules of the platform that reach other machines, load code or start threads: none has a use here. */
const FORBIDDEN_MODULES =
  /^node:(?:http|https|http2|dgram|dns|tls|inspector|repl|vm|wasi|worker_threads|cluster)\b/;

/** The files of providers/keys that are no provider: what providers share, and their list. */
const SHARED_BY_PROVIDERS = new Set(
  ["mod.ts", "stored_key.ts", "key_options.ts"].map((file) => `providers/keys/${file}`),
);

/** Lists the imports of `tree` that go against the layers, and its import cycles. */
export function checkLayering(tree: SourceTree): Finding[] {
  const house = new Map([...tree].filter(([file]) => !/^(tests|scripts)\//.test(file)));
  const findings: Finding[] = [];
  for (const [file, text] of house) {
    const layer = layerOf(file);
    if (MAY_IMPORT[layer] === undefined) {
      findings.push({ file, line: 1, problem: "the file belongs to no layer" });
      continue;
    }
    for (const each of importsOf(file, text)) {
      const problem = each.relative ? judgeFile(layer, each) : judgePackage(each);
      if (problem !== undefined) findings.push({ file, line: each.line, problem });
    }
  }
  return [...findings, ...findCycles(house).map(describeCycle)];
}

function layerOf(file: string): string {
  // errors.ts and version.ts, which import nothing.
  if (/^lib\/[^/]+$/.test(file)) return "lib/*.ts";
  if (file.startsWith("lib/")) return file.split("/").slice(0, 2).join("/");
  return file.startsWith("providers/") ? "providers" : file;
}

function judgeFile(layer: string, { from, to, dynamic }: Import): string | undefined {
  if (from === "mod.ts" && to === "cli.ts" && dynamic) return undefined;
  const target = layerOf(to);
  if (target !== layer && !MAY_IMPORT[layer]?.includes(target)) {
    return `${layer} may not import ${to}`;
  }
  const betweenKeys = [from, to].every((path) =>
    path.startsWith("providers/keys/") && !SHARED_BY_PROVIDERS.has(path)
  );
  return betweenKeys ? `a key provider may not import another one, ${to}` : undefined;
}

function judgePackage({ from, to }: Import): string | undefined {
  if (to.startsWith("node:")) {
    if (FORBIDDEN_MODULES.test(to)) return `${to} reaches further than a vault should`;
    // The composition root reads the arguments and sets the exit code.
    if (from === "cli.ts" && to === "node:process") return undefined;
    return from.startsWith("providers/") ? undefined : `${to} may be imported in providers/ alone`;
  }
  const name = to.split("/").slice(0, to.startsWith("@") ? 2 : 1).join("/");
  const places = PACKAGES[name];
  if (places === undefined) return `${to} is none of the packages that this project depends on`;
  if (places.some((place) => from.startsWith(place))) return undefined;
  return `${name} may be imported in ${places.join(" and ")} alone`;
}

function describeCycle(cycle: readonly Import[]): Finding {
  const last = cycle.at(-1);
  const path = [...cycle.map((each) => each.from), last?.to].join(" → ");
  return { file: last?.from ?? "", line: last?.line ?? 1, problem: `import cycle ${path}` };
}

if (import.meta.main) {
  const tree = readTree();
  report("layering, packages and cycles", checkLayering(tree));
}
