/** `aivault --version`: alone for people, with `--json` for reports of faults. */
import { test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { aivault, ROOT } from "../helpers/program.ts";
import { withSession } from "../helpers/session.ts";

function read(path: string) {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}

function gitHead(): string {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], {
      cwd: ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "unknown";
  }
}

for (const flag of ["--version", "-V"]) {
  test(`${flag} prints the version of the package and nothing else`, async () => {
    const { exitCode, stdout, stderr } = await aivault([flag]);
    assert.deepEqual([exitCode, stdout, stderr], [0, `${read("package.json").version}\n`, ""]);
  });
}

for (const args of [["--version", "--json"], ["--json", "-V"]]) {
  test(`${args.join(" ")} names version, commit, runtime and engine`, async () => {
    const { exitCode, stdout, stderr } = await aivault(args);
    assert.deepEqual([exitCode, stderr], [0, ""]);
    const { version, commit, runtime, engine, ...rest } = JSON.parse(stdout);
    assert.deepEqual(rest, {});
    assert.equal(version, read("deno.json").version);
    assert.equal(commit.replace(/-dirty$/, ""), gitHead());
    // The binary is Bun's, and so are the tests that are run against it.
    const { deno, bun, node, v8, webkit } = process.versions;
    const expected = deno !== undefined
      ? [`deno ${deno}`, `v8 ${v8}`]
      : bun !== undefined
      ? [`bun ${bun}`, `javascriptcore ${webkit}`]
      : [`node ${node}`, `v8 ${v8}`];
    assert.deepEqual([runtime, engine], expected);
  });
}

test("--version makes no vault", () =>
  withSession(async ({ home, json }) => {
    await json("aivault --version --json");
    assert.deepEqual(await readdir(home), []);
  }));
