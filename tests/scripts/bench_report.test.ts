import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { median, medianRatio, medians, table } from "../../scripts/bench/report.ts";

describe("the report of a benchmark", () => {
  it("shows the value in the middle, of every measurement by itself", () => {
    assert.equal(median([30, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 3);
    assert.deepEqual(medians([{ a: 1, b: 9 }, { a: 3, b: 7 }, { a: 2, b: 8 }]), { a: 2, b: 8 });
  });

  it("compares pair by pair, so that a slow moment of the machine is in both", () => {
    const runs = [{ ms: 2 }, { ms: 40 }, { ms: 6 }];
    const others = [{ ms: 1 }, { ms: 40 }, { ms: 4 }];
    assert.equal(medianRatio(runs, others, "ms"), 1.5);
  });

  it("sets numbers under their heads, and names what is missing", () => {
    const lines = table([["secrets", "secrets", 0], ["ms", "ms", 1]], [{ secrets: 100 }]);
    assert.deepEqual(lines, ["secrets | ms", "    100 | NaN"]);
  });
});
