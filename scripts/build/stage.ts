/**
 * The sources as they are built: copied, with the commit written into them.
 *
 *     deno run -A scripts/build/stage.ts <directory>
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "../source_tree.ts";
import { LICENSES_FILE, licensesOf } from "./licenses.ts";

const SOURCES = [
  "cli.ts",
  "mod.ts",
  "lib",
  "providers",
  "deno.json",
  "deno.lock",
  "package.json",
  "FORMAT.md",
  "README.md",
  "SECURITY.md",
  "LICENSE",
];

/** When all files were changed, in seconds of Unix time: 2000-01-01. */
const FILE_TIME = 946_684_800;

const UNSET = 'COMMIT: string = ""';

/** The commit that is checked out, with `-dirty` if files differ from it, or `unknown`. */
export function checkedOutCommit(): string {
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
      .trim();
  try {
    const isDirty = git("status", "--porcelain", "--untracked-files=no") !== "";
    return `${git("rev-parse", "HEAD")}${isDirty ? "-dirty" : ""}`;
  } catch {
    return "unknown";
  }
}

/** Copies what the program is built from into the empty `directory`. */
export function stageSources(directory: string, commit: string): void {
  mkdirSync(directory, { recursive: true });
  for (const path of SOURCES) {
    cpSync(join(ROOT, path), join(directory, path), { recursive: true });
  }
  const modules = join(directory, "node_modules");
  copyPackages(join(ROOT, "node_modules"), modules);
  const licenses = licensesOf(modules);
  if (licenses !== undefined) writeFileSync(join(directory, LICENSES_FILE), licenses);
  writeCommit(join(directory, "lib/version.ts"), commit);
  // Deno writes the time of each file into the executable.
  const files = globSync("**/*", { cwd: directory });
  for (const file of files) utimesSync(join(directory, file), FILE_TIME, FILE_TIME);
}

/**
 * Copies the packages that the program uses. A link would lead to another path in every checkout, and the names of an
 * executable's parts come from the paths of what is in them.
 */
function copyPackages(from: string, to: string): void {
  const waiting = [ROOT];
  for (let manifest = waiting.pop(); manifest !== undefined; manifest = waiting.pop()) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(manifest, "package.json"), "utf8"));
    for (const name of Object.keys(dependencies)) {
      const source = join(from, name);
      if (!existsSync(source) || existsSync(join(to, name))) continue;
      cpSync(source, join(to, name), { recursive: true, dereference: true });
      waiting.push(source);
    }
  }
}

function writeCommit(path: string, commit: string): void {
  const text = readFileSync(path, "utf8");
  if (!text.includes(UNSET)) throw new Error(`${path} has no line with ${UNSET}`);
  writeFileSync(path, text.replace(UNSET, `COMMIT: string = ${JSON.stringify(commit)}`));
}

if (import.meta.main) stageSources(process.argv[2] ?? "dist/stage", checkedOutCommit());
