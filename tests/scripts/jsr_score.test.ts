import { describe, it } from "node:test";
import assert from "node:assert/strict";
import {
  type DocModule,
  FULL_MARKS,
  type ScoreInput,
  scoreItems,
  SET_ELSEWHERE,
} from "../../scripts/check_jsr_score.ts";

function symbol(name: string, doc?: string): DocModule["symbols"][number] {
  return { name, declarations: [doc === undefined ? {} : { jsDoc: { doc } }] };
}

const whole: ScoreInput = {
  readme: "# a\n```sh\nb\n```\n",
  modules: {
    "mod.ts": { module_doc: { doc: "A module." }, symbols: [symbol("A", "An a.")] },
    "cli.ts": { module_doc: { doc: "A program." }, symbols: [] },
  },
  publishProblems: "",
};

function points(input: ScoreInput): number {
  return scoreItems(input).reduce((sum, item) => sum + item.points, 0);
}

describe("scoreItems()", () => {
  it("gives full marks to a package that lacks nothing, with those of the registry", () => {
    // 2 readme, 1 examples, 1 entry points, 5 symbols, 5 types; 1 description, 2 runtimes, 1 provenance.
    assert.equal(points(whole), 14);
    assert.ok(points(whole) + SET_ELSEWHERE >= FULL_MARKS);
  });

  it("takes points off for what is wanting, and names it", () => {
    const [main] = Object.values(whole.modules);
    assert.ok(main);
    const bare = { ...main, symbols: [...main.symbols, symbol("Bare")] };
    const cases: readonly [number, RegExp, Partial<ScoreInput>][] = [
      [1, /no code block/, { readme: "# a" }],
      [3, /not published/, { readme: undefined, modules: { "mod.ts": { symbols: [] } } }],
      [1, /cli\.ts/, { modules: { "mod.ts": main, "cli.ts": { symbols: [] } } }],
      [3, /Bare/, { modules: { "mod.ts": bare } }],
      [5, /slow/, { publishProblems: "error[missing-explicit-type]: slow" }],
    ];
    for (const [least, wanting, change] of cases) {
      const items = scoreItems({ ...whole, ...change });
      assert.ok(14 - points({ ...whole, ...change }) >= least, String(wanting));
      assert.ok(items.some((item) => wanting.test(item.wanting)), String(wanting));
    }
  });

  it("counts a symbol with an overload that is documented as documented", () => {
    const overloaded = { name: "f", declarations: [{}, { jsDoc: { doc: "An f." } }] };
    const modules = { "mod.ts": { module_doc: { doc: "m" }, symbols: [overloaded] } };
    assert.equal(points({ ...whole, modules }), 14);
  });
});
