/** The documentation of what is exported: a reader finds each thing that it names. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { ended, ROOT, startCommand } from "./helpers/program.ts";

const pinned = join(ROOT, "tests/runtimes/node_modules/.bin/deno");
const deno = "Deno" in globalThis ? process.execPath : existsSync(pinned) ? pinned : undefined;
const ENTRIES = ["mod.ts", "providers/mod.ts", "providers/stores/mod.ts"];

interface Documented {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly { name: string }[] }>>;
}

test("every link in the documentation of an exported symbol leads to an exported symbol", {
  timeout: 120_000,
  skip: deno === undefined && "no Deno here; `npm test` installs one",
}, async () => {
  const command = [deno ?? "", "doc", "--json", ...ENTRIES];
  const { exitCode, stdout, stderr } = await ended(startCommand(command, { cwd: ROOT }));
  assert.equal(exitCode, 0, stderr);
  const { nodes }: Documented = JSON.parse(stdout);
  const symbols = Object.values(nodes).flatMap((module) => module.symbols);
  const exported = new Set(symbols.map(({ name }) => name));
  let count = 0;
  for (const symbol of symbols) {
    for (const [, target = ""] of JSON.stringify(symbol).matchAll(/\{@link(?:code)? ([^}]*)\}/g)) {
      count++;
      assert.ok(exported.has(target.split(".")[0] ?? ""), `${symbol.name} links to ${target}`);
    }
  }
  assert.ok(count > 10, `${count} links were found`);
});
