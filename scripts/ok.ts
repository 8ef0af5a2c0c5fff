/**
 * The gate: every check, then the tests. Runs them all, and fails if any has failed.
 *
 *     deno task ok
 *     deno run -A scripts/ok.ts --no-tests
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { readTree, ROOT } from "./source_tree.ts";

/** One check: what it is called in the output, and the arguments of `deno`. */
type Step = readonly [name: string, args: readonly string[]];

const { values: flags } = parseArgs({
  options: { tests: { type: "boolean", default: true } },
  allowNegative: true,
});

const tree = [...readTree().keys()];
const core = tree.filter((file) => file.startsWith("lib/") && !file.startsWith("lib/cli/"));
const pages = ["README.md", "SECURITY.md", "CONTRIBUTING.md"].filter((file) =>
  existsSync(join(ROOT, file))
);
const { exports } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
const entries: readonly string[] = Object.values(exports);

const STEPS: readonly Step[] = [
  ["format", ["fmt", "--check"]],
  ["lint", ["lint"]],
  ["types, examples included", ["check", "--frozen", "--doc", ".", ...pages]],
  [`types of ${core.length} core files, DOM and ESNext alone`, [
    "check",
    "--config",
    "core.deno.json",
    ...core,
  ]],
  ["versions", ["run", "-A", "scripts/check_versions.ts"]],
  ["sources", ["run", "-A", "scripts/check_sources.ts"]],
  ["layering", ["run", "-A", "scripts/check_layering.ts"]],
  ["purity", ["run", "-A", "scripts/check_purity.ts"]],
  [`documentation of ${entries.join(", ")}`, ["doc", "--lint", ...entries]],
  ["publish, dry run, and JSR's score", ["run", "-A", "scripts/check_jsr_score.ts"]],
];

const failed = STEPS.filter((step) => !passes(step)).map(([name]) => name);
if (flags.tests) {
  const args = ["run", "-A", "scripts/test.ts"];
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) failed.push("tests");
}
if (failed.length > 0) {
  console.error(`gate: failed: ${failed.join("; ")}`);
  process.exitCode = 1;
} else console.log("gate: ok");

/** Runs a step, showing its output only if it fails. */
function passes([name, args]: Step): boolean {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
  if (status !== 0) console.error(`${stdout}${stderr}`);
  return status === 0;
}
