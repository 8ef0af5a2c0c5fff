/**
 * Tests the npm package on every Node that it supports, which npm's package `node` provides.
 *
 *     deno run -A scripts/test_nodes.ts [22 24 …]
 *
 * Each is some 120 MB to download, so `npm test` has the newest alone.
 *
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { ROOT } from "./source_tree.ts";

/** The oldest that has `node:sqlite`, and those with long-term support. */
const VERSIONS = ["22.13.0", "22", "24"];

/** Installs Node `version` below `scratch`, and gives its path. */
function installNode(version: string, scratch: string): string {
  const prefix = join(scratch, version);
  mkdirSync(prefix);
  const manifest = { private: true, dependencies: { node: version }, allowScripts: { node: true } };
  writeFileSync(join(prefix, "package.json"), JSON.stringify(manifest));
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: prefix,
    stdio: ["ignore", "ignore", "inherit"],
  });
  return join(prefix, "node_modules/node/bin/node");
}

const wanted = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), "aivault-nodes-"));
try {
  const paths = (wanted.length === 0 ? VERSIONS : wanted).map((it) => installNode(it, scratch));
  const args = ["run", "-A", "scripts/test.ts", "--runtime", "npm", "--all-runtimes", "tests/npm"];
  const { status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, AIVAULT_TEST_NODES: paths.join(delimiter) },
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
