import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { checkSources } from "../../scripts/check_sources.ts";
import { checkVersions, readManifests } from "../../scripts/check_versions.ts";
import { readTree } from "../../scripts/source_tree.ts";

describe("checkSources()", () => {
  it("finds nothing in this checkout", () => {
    assert.deepEqual(checkSources(readTree()), []);
  });

  const bad: readonly (readonly [file: string, text: string, line: number])[] = [
    ["lib/a.ts", "a();\n".repeat(301), 301],
    ["lib/a.ts", "\nexport default a;", 2],
    ["tests/a.test.ts", "it.only(a);", 1],
    ["tests/a.test.ts", "\nsetImmediate(a);", 2],
    ["tests/a.test.ts", "t.test(a);", 1],
    ["tests/a.test.ts", "t.skip(a);", 1],
    ["tests/a.test.ts", "test.skip(a);", 1],
    ["tests/a.test.ts", "it(a, { skip: true }, b);", 1],
    ["tests/a.test.ts", "describe(a, { skip: b }, c);", 1],
  ];
  for (const [file, text, line] of bad) {
    it(`finds ${JSON.stringify(text.slice(0, 30))}`, () => {
      const found = checkSources(new Map([[file, text]]));
      assert.deepEqual(found.map((each) => [each.file, each.line]), [[file, line]]);
    });
  }

  it("passes names of Node's in tests that run where it is", () => {
    const text = 'import "node:fs";\nsetImmediate(a);';
    assert.deepEqual(checkSources(new Map([["tests/a.test.ts", text]])), []);
  });

  it("passes 300 lines, and a skip with a reason", () => {
    const test = "it(a, { skip: reason }, b);\n";
    assert.deepEqual(checkSources(new Map([["tests/a.test.ts", test.repeat(300)]])), []);
  });
});

describe("checkVersions()", () => {
  it("finds nothing in this checkout", () => {
    assert.deepEqual(checkVersions(readManifests()), []);
  });

  it("finds a version, a range and an entry point that differ", () => {
    const manifests = readManifests();
    const changed = {
      ...manifests,
      "deno.json": manifests["deno.json"].replace("./cli.ts", "./main.ts"),
      "lib/version.ts": 'export const VERSION = "9.9.9";',
      "tests/runtimes/package.json": '{ "dependencies": { "bun": "^1.4.5" } }',
    };
    const found = checkVersions(changed).map(({ file, problem }) => `${file}: ${problem}`);
    assert.equal(found.length, 3);
    assert.match(found[0] ?? "", /^deno\.json: exports is .*main\.ts/);
    assert.match(found[1] ?? "", /^lib\/version\.ts: VERSION is "9\.9\.9", expected/);
    assert.match(
      found[2] ?? "",
      /^tests\/runtimes\/package\.json: bun is "\^1\.4\.5", expected "1/,
    );
  });
});
