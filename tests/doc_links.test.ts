/** The documentation of what is exported: a reader finds each thing that it names. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { findExamples } from "../scripts/doc_examples.ts";
import { ended, ROOT, startCommand } from "./helpers/program.ts";

const pinned = join(ROOT, "tests/runtimes/node_modules/.bin/deno");
const deno = "Deno" in globalThis ? process.execPath : existsSync(pinned) ? pinned : undefined;
const { exports } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
const ENTRIES: readonly string[] = Object.values(exports);

interface DocumentedSymbol {
  readonly name: string;
  readonly declarations: readonly { readonly kind: string }[];
}
interface Documented {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly DocumentedSymbol[] }>>;
}

const options = {
  timeout: 120_000,
  skip: deno === undefined && "no Deno here; `npm test` installs one",
};

/** What is exported, as `deno doc` describes it. */
async function exportedSymbols(): Promise<DocumentedSymbol[]> {
  const command = [deno ?? "", "doc", "--json", ...ENTRIES];
  const { exitCode, stdout, stderr } = await ended(startCommand(command, { cwd: ROOT }));
  assert.equal(exitCode, 0, stderr);
  const { nodes }: Documented = JSON.parse(stdout);
  return Object.values(nodes).flatMap((module) => module.symbols);
}

test(
  "every link in the documentation of an exported symbol leads to an exported symbol",
  options,
  async () => {
    const symbols = await exportedSymbols();
    const exported = new Set(symbols.map(({ name }) => name));
    let count = 0;
    for (const symbol of symbols) {
      for (
        const [, target = ""] of JSON.stringify(symbol).matchAll(/\{@link(?:code)? ([^}]*)\}/g)
      ) {
        count++;
        assert.ok(exported.has(target.split(".")[0] ?? ""), `${symbol.name} links to ${target}`);
      }
    }
    assert.ok(count > 10, `${count} links were found`);
  },
);

test(
  "every exported class and function is used in an example that the tests run",
  options,
  async () => {
    const examples = findExamples().map(({ code }) => code).join("\n");
    const symbols = (await exportedSymbols()).filter(({ declarations }) =>
      declarations.some(({ kind }) => kind === "class" || kind === "function")
    );
    assert.ok(symbols.length > 10, `${symbols.length} were found`);
    const unused = symbols.filter(({ name }) => !new RegExp(`\\b${name}[(.]`).test(examples));
    assert.deepEqual(unused.map(({ name }) => name), []);
  },
);
