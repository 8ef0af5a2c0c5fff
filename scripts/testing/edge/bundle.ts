/**
 * Bundles the tests of the core into one module that any place with Web standards can load. Run by Bun:
 *
 *     bun scripts/testing/edge/bundle.ts <outfile> [file…]
 *
 * Without files it takes all that can run there. The module exports `run`, which is what `runAll()` is given.
 *
 * @module
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { readTree, ROOT } from "../../source_tree.ts";
import { edgeFiles, STAND_INS } from "./edge_files.ts";

interface Resolved {
  readonly path: string;
  readonly external?: boolean;
}
interface PluginBuild {
  onResolve(
    filter: { filter: RegExp },
    resolve: (asked: { path: string; importer: string }) => Resolved | undefined,
  ): void;
}
/** The few members of Bun that are used here. */
interface Bundler {
  build(options: {
    entrypoints: string[];
    target: "browser";
    format: "esm";
    plugins: { name: string; setup(build: PluginBuild): void }[];
  }): Promise<{ outputs: { text(): Promise<string> }[] }>;
}

const [outfile = "edge.js", ...wanted] = process.argv.slice(2);
const files = wanted.length > 0 ? wanted : edgeFiles(readTree());
const entry = `${outfile}.entry.ts`;
writeFileSync(
  entry,
  `export const run = {
  files: {${
    files.map((file) => `${JSON.stringify(file)}: () => import(${path(file)})`).join(",\n")
  }},
  data: ${JSON.stringify(testData())},
};
export { runAll } from ${path("tests/edge/run_all.ts")};
`,
);
const bundler: Bundler = Reflect.get(globalThis, "Bun");
const { outputs } = await bundler.build({
  entrypoints: [entry],
  target: "browser",
  format: "esm",
  plugins: [{ name: "stand-ins", setup }],
});
const [output] = outputs;
if (outputs.length !== 1 || output === undefined) throw new Error("expected one bundle");
writeFileSync(outfile, await output.text());

function setup(build: PluginBuild): void {
  build.onResolve({ filter: /^node:/ }, ({ path: asked, importer }) => {
    const standIn = STAND_INS[asked];
    if (standIn !== undefined) return { path: join(ROOT, standIn) };
    throw new Error(`${importer} imports ${asked}, which is not there`);
  });
  build.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path: asked, importer }) => {
    const target = relative(ROOT, join(dirname(importer), asked)).replaceAll("\\", "/");
    if (target === "cli.ts") return { path: asked, external: true };
    const standIn = STAND_INS[target];
    return standIn === undefined ? undefined : { path: join(ROOT, standIn) };
  });
}

function path(file: string): string {
  return JSON.stringify(join(ROOT, file));
}

/** The files of test data, as `readData()` names them. */
function testData(): Record<string, string> {
  const data: Record<string, string> = {};
  for (const folder of ["tests/vectors", "../shared/vectors"]) {
    for (const path of globSync(`${folder}/**/*.json`, { cwd: ROOT })) {
      data[path.replaceAll("\\", "/")] = readFileSync(join(ROOT, path), "utf8");
    }
  }
  return data;
}
