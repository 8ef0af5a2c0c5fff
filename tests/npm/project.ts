/**
 * The project into which the package was installed, and the Nodes that use it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { type Ended, ended, startCommand } from "../helpers/program.ts";

/** The project's directory. */
export function project(): string {
  const path = process.env["AIVAULT_TEST_PROJECT"];
  assert.ok(path, "AIVAULT_TEST_PROJECT names the project; `npm test -- --runtime npm` sets it");
  return path;
}

/** A Node to run the package on. */
export interface TestedNode {
  readonly path: string;
  /** Such as `v22.23.3`. */
  readonly version: string;
}

/** The Node that runs the tests, and those of `AIVAULT_TEST_NODES`, a list of paths as PATH is one. */
export function nodes(): TestedNode[] {
  const more = (process.env["AIVAULT_TEST_NODES"] ?? "").split(delimiter).filter(Boolean);
  return [process.execPath, ...more].map((path) => ({
    path,
    version: execFileSync(path, ["--version"], { encoding: "utf8" }).trim(),
  }));
}

/** Runs a module of the project, whose name ends as `name` does, with an empty home. */
export async function runModule(
  node: TestedNode,
  name: string,
  code: string,
  args: readonly string[] = [],
): Promise<Ended> {
  const folder = await mkdtemp(join(project(), "module-"));
  try {
    const path = join(folder, name);
    await writeFile(path, code);
    return await ended(startCommand([node.path, path, ...args], { env: { HOME: folder } }));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs the command `aivault` of the project with `node` first on the PATH. */
export function runCommand(
  node: TestedNode,
  home: string,
  args: readonly string[],
  stdin = "",
): Promise<Ended> {
  const PATH = `${dirname(node.path)}${delimiter}${process.env["PATH"] ?? ""}`;
  const command = [join(project(), "node_modules/.bin/aivault"), ...args];
  return ended(startCommand(command, { env: { HOME: home, PATH }, stdin }));
}
