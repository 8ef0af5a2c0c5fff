import { after, describe, it } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { RUNTIMES } from "../../scripts/testing/junit.ts";
import { type FileRun, runFile, WHOLE_FILE } from "../../scripts/testing/run_file.ts";
import { findRuntime } from "../../scripts/testing/runtimes.ts";
import { startsProgram } from "../../scripts/testing/suites.ts";
import { count, describeSkipped, findVanished } from "../../scripts/testing/summary.ts";
import { ROOT } from "../../scripts/source_tree.ts";

const HERE = RUNTIMES.find((name) => process.versions[name] !== undefined) ?? "node";

mkdirSync(join(ROOT, ".tmp"), { recursive: true });
const folder = mkdtempSync(join(ROOT, ".tmp/testing-"));
after(() => rmSync(folder, { recursive: true }));

/** Runs a test file of these lines on the runtime that runs this one. */
function run(name: string, lines: string[], timeoutMs = 120_000): Promise<FileRun> {
  const path = join(folder, `${name}.test.ts`);
  const imports =
    'import test, { before, describe, it } from "node:test";\nvoid [test, before, it];\n';
  writeFileSync(path, imports + lines.join("\n"));
  const options = { root: ROOT, scratch: join(folder, "scratch"), env: environment(), timeoutMs };
  return runFile(findRuntime(HERE, ROOT), relative(ROOT, path), options);
}

function environment(): Record<string, string> {
  const all = Object.entries(process.env).filter(([name]) => name !== "NODE_TEST_CONTEXT");
  return Object.fromEntries(all.map(([name, value]) => [name, value ?? ""]));
}

function outcomes(run: FileRun): string[] {
  return run.results.map(({ name, outcome }) => `${name}: ${outcome}`).sort();
}

describe("runFile()", () => {
  it("tells passed, failed and skipped tests apart, in suites too", async () => {
    const result = await run("mixed", [
      'test("a", () => {});',
      'test("b", () => { throw new Error("boom <&> \\"b\\""); });',
      'test("q \\"x\\" <y> & é", () => {});',
      'test("c", { skip: "no c" }, () => {});',
      'describe("d", () => { it("e", () => {}); it("f", { skip: "no f" }, () => {}); });',
      'describe("g", () => { describe("h", () => { it("i", () => { throw new Error("i"); }); }); });',
    ]);
    assert.deepEqual(outcomes(result), [
      "a: passed",
      "b: failed",
      "c: skipped",
      "d > e: passed",
      "d > f: skipped",
      "g > h > i: failed",
      'q "x" <y> & é: passed',
    ]);
    const failure = result.results.find(({ name }) => name === "b");
    assert.match(failure?.detail ?? "", /boom <&> "b"/);
  });

  const broken: readonly (readonly [string, string[]])[] = [
    ["has no test", ["export {};"]],
    ["throws while loading", ['test("a", () => {});', 'throw new Error("load");']],
    ["exits while loading", ["process.exit(0);", 'test("a", () => {});']],
    ["exits in a test", ['test("a", () => {});', 'test("b", () => process.exit(0));']],
    ["throws in a timer", [
      'test("a", async () => {',
      '  setTimeout(() => { throw new Error("late"); }, 5);',
      "  await new Promise((resolve) => setTimeout(resolve, 50));",
      "});",
    ]],
    ["is no TypeScript", ['test("a", () => {']],
    ["throws in a suite's body", [
      'describe("a", () => { it("b", () => {}); throw new Error(); });',
    ]],
    ["throws in a hook", [
      'describe("a", () => { before(() => { throw new Error(); }); it("b", () => {}); });',
    ]],
  ];
  for (const [problem, lines] of broken) {
    it(`counts a file that ${problem} as failed`, async () => {
      const result = await run(problem.replaceAll(/\W/g, "_"), lines);
      assert.ok(count([result]).failed > 0, JSON.stringify(result));
    });
  }

  it("kills a file that does not end, with its children", async () => {
    const child = join(folder, "child.txt");
    const result = await run("endless", [
      'import { spawn } from "node:child_process";',
      `spawn("sh", ["-c", 'sleep 3; echo > "${child}"'], { stdio: "ignore" });`,
      "while (true);",
    ], 1_500);
    assert.deepEqual(outcomes(result), [`${WHOLE_FILE}: failed`]);
    assert.match(result.results[0]?.detail ?? "", /killed after 1.5 seconds/);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    assert.throws(() => rmSync(child), "the child has lived on");
  });
});

describe("findVanished()", () => {
  it("names the tests that one runtime did not report", () => {
    const results = ["a", "b"].map((name) => ({ name, outcome: "passed", detail: "" } as const));
    const runs: FileRun[] = [
      { runtime: "deno", file: "x.test.ts", results, seconds: 0 },
      { runtime: "bun", file: "x.test.ts", results: results.slice(1), seconds: 0 },
      { runtime: "bun", file: "y.test.ts", results, seconds: 0 },
    ];
    const found = findVanished(runs);
    assert.deepEqual(found.map(({ runtime, file }) => `${runtime} ${file}`), ["bun x.test.ts"]);
    assert.match(found[0]?.results[0]?.detail ?? "", /not reported here: a\n/);
  });
});

describe("findVanished() in a browser", () => {
  it("expects every test but those of SQLite", () => {
    const results = ["a (MemoryStore)", "a (SqliteStore)", "b"].map((name) =>
      ({ name, outcome: "passed", detail: "" }) as const
    );
    const vanished = (there: typeof results) =>
      findVanished([
        { runtime: "node", file: "x.test.ts", results, seconds: 0 },
        { runtime: "chromium", file: "x.test.ts", results: there, seconds: 0 },
      ]).length;
    assert.equal(vanished(results.filter(({ name }) => !name.includes("Sqlite"))), 0);
    assert.equal(vanished(results.slice(0, 1)), 1);
  });
});

describe("describeSkipped()", () => {
  it("gives the reason that Node reports for all runtimes", () => {
    const skip = (detail: string) => [{ name: "a", outcome: "skipped", detail } as const];
    const runs: FileRun[] = [
      { runtime: "bun", file: "x.test.ts", results: skip(""), seconds: 0 },
      { runtime: "node", file: "x.test.ts", results: skip("no Keychain"), seconds: 0 },
    ];
    assert.deepEqual(describeSkipped(runs), ["x.test.ts: a: no Keychain (bun, node)"]);
  });
});

describe("describeSkipped() of many", () => {
  it("gives tests of one file that are skipped for one reason a line together", () => {
    const results = ["a", "b", "c", "d"].map((name) =>
      ({ name, outcome: "skipped", detail: "no wasm" }) as const
    );
    const other = { name: "e", outcome: "skipped", detail: "no file" } as const;
    const runs: FileRun[] = [
      { runtime: "workerd", file: "x.test.ts", results: [...results, other], seconds: 0 },
    ];
    assert.deepEqual(describeSkipped(runs), [
      "x.test.ts: 4 tests: no wasm (workerd)",
      "x.test.ts: e: no file (workerd)",
    ]);
  });
});

describe("startsProgram()", () => {
  it("tells the tests of the program from those of the library", () => {
    for (const file of ["tests/cli/init.test.ts", "tests/cli/version.test.ts"]) {
      assert.ok(startsProgram(ROOT, file), file);
    }
    for (const file of ["tests/crypto/aead.test.ts", "tests/scripts/testing.test.ts"]) {
      assert.ok(!startsProgram(ROOT, file), file);
    }
  });
});
