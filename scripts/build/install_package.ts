/**
 * The package as its users get it: packed by npm, and installed into an empty project.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { buildNpm } from "../build_npm.ts";
import { checkedOutCommit } from "./stage.ts";

/** Makes `project`, an empty directory, a project that has this package installed, and nothing else. */
export function installPackage(project: string): void {
  mkdirSync(project, { recursive: true });
  const built = join(project, "..", "package");
  buildNpm(built, checkedOutCommit());
  const [archive] = JSON.parse(npm(built, ["pack", "--json", "--pack-destination", ".."]));
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  npm(project, ["install", "--prefer-offline", "--ignore-scripts", join("..", archive.filename)]);
}

function npm(cwd: string, args: readonly string[]): string {
  const quiet = ["--no-update-notifier", "--no-audit", "--no-fund", "--loglevel=error"];
  return execFileSync("npm", [...args, ...quiet], {
    cwd,
    encoding: "utf8",
    // npm is a script on Windows.
    shell: process.platform === "win32",
  });
}
