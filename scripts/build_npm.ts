/**
 * Builds the npm package: JavaScript and types, since Node runs no TypeScript below node_modules.
 *
 *     deno run -A scripts/build_npm.ts [--out dist/npm] [--commit HASH] [--repository URL]
 *     npm publish ./dist/npm
 *
 * `deno pack` makes JavaScript and declarations of the sources; the manifest is written here. The command is the same
 * program with its packages in few files, made by Bun: Node takes longer to find and link a module than to run most of
 * them, and what was tested is what runs.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { LICENSES_FILE } from "./build/licenses.ts";
import { checkedOutCommit } from "./build/stage.ts";
import { bun, HINTS, runBuild, withStage } from "./compile.ts";
import { ROOT } from "./source_tree.ts";

/** The parts of package.json that the package's own manifest is made of. */
export interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The least Node with `node:sqlite` as the store uses it. */
const LEAST_NODE = "22.13";

/**
 * The manifest of the package, whose dependencies are as exact as those that were tested.
 *
 * @param repository Where the sources are. npm takes no package with provenance that does not name the repository
 * which it was built in, and leads the links of the README there.
 */
export function npmManifest(source: SourceManifest, repository?: string): Record<string, unknown> {
  const { name, version, description, license, dependencies } = source;
  const exports = Object.entries(source.exports).map(([key, path]) => [key, {
    types: path.replace(/\.ts$/, ".d.ts"),
    default: path.replace(/\.ts$/, ".js"),
  }]);
  return {
    name,
    version,
    description,
    license,
    ...(repository === undefined
      ? {}
      : { repository: { type: "git", url: `git+${repository}.git` } }),
    type: "module",
    exports: Object.fromEntries(exports),
    bin: { aivault: "bin/aivault.js" },
    sideEffects: ["./cli.js", "./bin/aivault.js"],
    engines: { node: `>=${LEAST_NODE}` },
    dependencies,
    publishConfig: { access: "public", provenance: true },
  };
}

/** What npm installs as the command `aivault`. Node 22 and 24 warn of node:sqlite, which they call experimental. */
const COMMAND = `#!/usr/bin/env node
import process from "node:process";

// npm installs it on any Node, with a warning.
const [major, minor] = process.versions.node.split(".").map(Number);
const [leastMajor, leastMinor] = "${LEAST_NODE}".split(".").map(Number);
if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
  console.error("aivault: this is Node " + process.versions.node);
  console.error("hint: Node ${LEAST_NODE} or later is needed");
  process.exit(1);
}

const { emitWarning } = process;
process.emitWarning = (warning, ...rest) => {
  if (rest[0] === "ExperimentalWarning" && String(warning).startsWith("SQLite")) return;
  emitWarning.call(process, warning, ...rest);
};
await import("./cli.js");
`;

/** How mod.ts becomes a program; npm's users have the command, and a bundler for browsers would follow the import. */
const AS_PROGRAM = /\n\/\/ Run as a program [^\n]*\nif \(import\.meta\.main\)[^\n]*\n/;

/** Builds the package into `out`, which is emptied first. */
export function buildNpm(out: string, commit: string, repository?: string): void {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, "bin"), { recursive: true });
  withStage(commit, (stage) => {
    edit(join(stage, "mod.ts"), AS_PROGRAM, "");
    edit(join(stage, "cli.ts"), /^#![^\n]*\n/, "");
    const archive = join(stage, "package.tgz");
    const deno = "Deno" in globalThis ? process.execPath : "deno";
    const pack = ["pack", "--quiet", "--allow-dirty", "--no-source-maps", "--output", archive];
    execFileSync(deno, pack, { cwd: stage, stdio: ["ignore", "ignore", "inherit"] });
    execFileSync("tar", ["-xzf", archive, "-C", out, "--strip-components=1"]);
    bundleCommand(stage, join(out, "bin"));
    copyFileSync(join(stage, LICENSES_FILE), join(out, LICENSES_FILE));
  });
  // The program exports nothing; an empty file would be no module.
  writeFileSync(join(out, "cli.d.ts"), "export {};\n");
  const source = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const manifest = npmManifest(source, repository);
  writeFileSync(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(out, "bin/aivault.js"), COMMAND, { mode: 0o755 });
}

/** Writes the program to `bin/cli.js` and files beside it. */
function bundleCommand(stage: string, bin: string): void {
  const options = ["--target=node", "--format=esm"];
  const parts = [
    "--splitting",
    "--min-chunk-size=16384",
    "--chunk-naming=parts/[name]-[hash].[ext]",
  ];
  const failure = runBuild(
    [bun(), "build", ...options, ...parts, `--outdir=${bin}`, "cli.ts"],
    stage,
  );
  if (failure === undefined) return;
  throw new Error(`bun could not build the command:\n${failure}\nhint: ${HINTS.bun}`);
}

function edit(path: string, pattern: RegExp, replacement: string): void {
  const text = readFileSync(path, "utf8");
  if (!pattern.test(text)) throw new Error(`${path} has nothing that matches ${pattern}`);
  writeFileSync(path, text.replace(pattern, replacement));
}

if (import.meta.main) {
  const { values: flags } = parseArgs({
    options: {
      out: { type: "string", default: join(ROOT, "dist", "npm") },
      commit: { type: "string", default: checkedOutCommit() },
      repository: { type: "string" },
    },
  });
  const out = resolve(flags.out);
  buildNpm(out, flags.commit, flags.repository);
  console.log(out);
}
