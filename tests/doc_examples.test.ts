import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { extractExamples, findExamples } from "../scripts/doc_examples.ts";
import { ROOT } from "../scripts/source_tree.ts";
import { ended, programCommand, startCommand } from "./helpers/program.ts";

describe("documentation examples", () => {
  for (const { file, line, code } of findExamples()) {
    it(`${file}:${line} runs`, async () => {
      // Inside the checkout, so that the package's own name and its dependencies resolve.
      mkdirSync(join(ROOT, ".tmp"), { recursive: true });
      const folder = mkdtempSync(join(ROOT, ".tmp/example-"));
      const directory = join(folder, "vault");
      try {
        const path = join(folder, "example.ts");
        writeFileSync(path, code);
        if (file.endsWith(".md")) await makeVault(directory);
        process.env["AIVAULT_DIR"] = directory;
        await import(pathToFileURL(path).href);
      } finally {
        delete process.env["AIVAULT_DIR"];
        rmSync(folder, { recursive: true });
      }
    });
  }
});

/** Does what README.md begins with. */
async function makeVault(directory: string): Promise<void> {
  const create = ["secrets", "create", "--name", "OPENAI_API_KEY", "--value-file", "-"];
  const env = { AIVAULT_DIR: directory };
  const child = startCommand([...programCommand(), ...create], { env, stdin: "sk-example" });
  const { exitCode, stderr } = await ended(child);
  assert.equal(exitCode, 0, stderr);
}

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
