import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { edgeFiles } from "../../scripts/testing/edge/edge_files.ts";
import { resultsOf } from "../../scripts/testing/edge/edge_suite.ts";
import { readTree } from "../../scripts/source_tree.ts";
import edgeAssert from "../edge/assert.ts";
import { Buffer as EdgeBuffer } from "../edge/buffer.ts";
import { sameDeep } from "../edge/same_deep.ts";
import { describe as edgeDescribe, runFile, test as edgeTest } from "../edge/test.ts";

describe("edgeFiles()", () => {
  it("has the vectors, the vault, the verification of its audit and the store in memory", () => {
    const files = edgeFiles(readTree());
    for (const name of ["crypto/aead", "crypto/kdf", "crypto/context", "stores/memory"]) {
      assert.ok(files.includes(`tests/${name}.test.ts`), name);
    }
    const vault = ["secrets", "use", "access", "key", "transaction", "pin", "verify_any"];
    for (const name of vault) {
      assert.ok(files.includes(`tests/vault/${name}.test.ts`), name);
    }
    assert.ok(!files.some((file) => /\/(keys|host|binary)\//.test(file)));
  });

  it("leaves out what imports the platform, however indirectly", () => {
    const tree = new Map([
      ["tests/a.test.ts", 'import "node:test";\nimport "./a.ts";\n'],
      ["tests/edge/test.ts", ""],
      ["tests/a.ts", 'import "../lib/x.ts";\n'],
      ["lib/x.ts", "export {};\n"],
      ["tests/b.test.ts", 'import "./b.ts";\n'],
      ["tests/b.ts", 'import "./c.ts";\n'],
      ["tests/c.ts", 'import "node:fs";\n'],
      ["tests/d.test.ts", 'import "../providers/d.ts";\n'],
    ]);
    assert.deepEqual(edgeFiles(tree), ["tests/a.test.ts"]);
  });
});

describe("resultsOf()", () => {
  const passed = { name: "a", outcome: "passed", detail: "" } as const;
  const report = { userAgent: "x", platforms: [], files: { "a.test.ts": [passed] } };

  it("gives the results of a file, and fails one that reported nothing", () => {
    assert.deepEqual(resultsOf(report, "a.test.ts"), [passed]);
    assert.equal(resultsOf(report, "b.test.ts")[0]?.outcome, "failed");
  });

  it("fails everything in a place that knows another platform", () => {
    const [result] = resultsOf({ ...report, platforms: ["process"] }, "a.test.ts");
    assert.equal(result?.outcome, "failed");
  });
});

describe("the stand-in for node:test", () => {
  it("reports what passed, failed and was skipped", async () => {
    const load = () => {
      edgeTest("a", () => {});
      edgeDescribe("b", () => edgeTest("c", () => Promise.reject(new Error("boom"))));
      edgeTest("d", { skip: "no d" }, () => edgeAssert.fail());
      edgeTest("e", { timeout: 1 }, () => edgeAssert.equal(1, 2));
      return Promise.resolve();
    };
    const results = await runFile(load, undefined);
    const outcomes = results.map(({ name, outcome }) => `${name}: ${outcome}`);
    assert.deepEqual(outcomes, ["a: passed", "b > c: failed", "d: skipped", "e: failed"]);
    assert.match(results[1]?.detail ?? "", /boom/);
    const skipped = await runFile(load, "not here");
    assert.ok(skipped.every(({ outcome }) => outcome === "skipped"));
  });
});

describe("the stand-in for node:assert", () => {
  const values = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSet: true,
    withTypedArray: true,
    maxDepth: 2,
  });

  it("finds alike what Node finds alike", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        for (const [one, other] of [[a, b], [a, structuredCloneOr(a)], [[a, b], [a, a]]] as const) {
          assert.equal(sameDeep(one, other), isDeepStrictEqual(one, other));
        }
      }),
      { seed: 9, numRuns: 2_000 },
    );
  });

  it("finds alike what Node finds alike, in the cases that are easy to get wrong", () => {
    class A {
      x = 1;
    }
    const pairs: readonly (readonly [unknown, unknown])[] = [
      [0, -0],
      [Number.NaN, Number.NaN],
      [{ x: 1 }, new A()],
      [{ x: undefined }, {}],
      [[1, undefined], [1]],
      [new Uint8Array([1, 2]), new Uint8Array([1, 3])],
      [new Uint8Array([1, 2]), Uint16Array.of(1, 2)],
      [new Uint8Array([1, 2]), [1, 2]],
      [new Error("a"), new Error("b")],
      [new Error("a"), new TypeError("a")],
      [new Map([[1, { a: 1 }]]), new Map([[1, { a: 2 }]])],
      [new Set([{ a: 1 }]), new Set([{ a: 1 }])],
      [new Date(1), new Date(2)],
      [null, undefined],
      [1n, 1],
      ["1", 1],
      [{ a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 3 }] } }],
    ];
    for (const [a, b] of pairs) {
      assert.equal(sameDeep(a, b), isDeepStrictEqual(a, b), JSON.stringify([String(a), String(b)]));
      assert.equal(sameDeep(a, a), true);
    }
  });

  it("fails where Node's fails", async () => {
    const fails: readonly (() => unknown)[] = [
      () => edgeAssert.ok(0),
      () => edgeAssert.equal("1", 1),
      () => edgeAssert.notEqual(1, 1),
      () => edgeAssert.deepEqual([1], [2]),
      () => edgeAssert.notDeepEqual([1], [1]),
      () => edgeAssert.match("a", /b/),
      () => edgeAssert.doesNotMatch("a", /a/),
      () => edgeAssert.throws(() => {}),
      () => edgeAssert.throws(() => edgeAssert.fail("x"), { message: /y/ }),
      () => edgeAssert.throws(() => edgeAssert.fail("x"), RangeError),
      () => edgeAssert.throws(() => edgeAssert.fail("x"), () => false),
    ];
    for (const work of fails) assert.throws(work, { name: "AssertionError" }, String(work));
    await assert.rejects(edgeAssert.rejects(Promise.resolve()), { name: "AssertionError" });
    const wrong = edgeAssert.rejects(Promise.reject(new RangeError("a")), { code: "X" });
    await assert.rejects(wrong, { name: "AssertionError" });
    await edgeAssert.rejects(Promise.reject(new RangeError("a")), RangeError);
    edgeAssert.throws(() => edgeAssert.fail("x"), { name: "AssertionError", message: "x" });
  });
});

describe("the stand-in for node:buffer", () => {
  it("encodes and decodes as Node does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.string({ maxLength: 20 }), (bytes, text) => {
        for (const encoding of ["hex", "base64", "base64url", "utf8", "ascii"] as const) {
          const expected = Buffer.from(bytes).toString(encoding);
          assert.equal(EdgeBuffer.from(bytes).toString(encoding), expected, encoding);
        }
        for (const encoding of ["hex", "base64", "utf8"] as const) {
          const expected = Buffer.from(text, encoding);
          const found = EdgeBuffer.from(text, encoding);
          assert.deepEqual([...found], [...expected], `${encoding} ${JSON.stringify(text)}`);
        }
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

function structuredCloneOr(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
}
