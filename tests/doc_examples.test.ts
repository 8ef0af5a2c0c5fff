import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { extractExamples, findExamples } from "../scripts/doc_examples.ts";
import { ROOT } from "../scripts/source_tree.ts";

describe("documentation examples", () => {
  for (const { file, line, code } of findExamples()) {
    it(`${file}:${line} runs`, async () => {
      // Inside the checkout, so that the package's own name and its dependencies resolve.
      mkdirSync(join(ROOT, ".tmp"), { recursive: true });
      const folder = mkdtempSync(join(ROOT, ".tmp/example-"));
      try {
        const path = join(folder, "example.ts");
        writeFileSync(path, code);
        await import(pathToFileURL(path).href);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});

describe("extractExamples()", () => {
  it("reads ts blocks of doc comments, without the stars", () => {
    const text =
      "/**\n * @example\n * ```ts\n * a();\n *\n *   b();\n * ```\n * ```sh\n * c\n * ```\n */\n";
    const expected = [{ file: "a.ts", line: 4, code: "a();\n\n  b();\n" }];
    assert.deepEqual(extractExamples("a.ts", text), expected);
  });

  it("reads ts blocks of Markdown", () => {
    const text = "# A\n```ts\na();\n```\n```sh\nb\n```\n";
    assert.deepEqual(extractExamples("a.md", text), [{ file: "a.md", line: 3, code: "a();\n" }]);
  });
});
