/** Two builds of one commit give the same bytes. */
import { it } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { ended, ROOT, startCommand, withDirectory } from "../helpers/program.ts";
import { testedBinary } from "./lone_binary.ts";

const PARTS = [
  "cli.ts",
  "mod.ts",
  "lib",
  "providers",
  "scripts",
  "deno.json",
  "deno.lock",
  "package.json",
  "FORMAT.md",
  "README.md",
  "SECURITY.md",
  "LICENSE",
  "node_modules",
];

async function sha256(path: string): Promise<string> {
  return createHash("sha256").update(await readFile(path)).digest("hex");
}

it("a build of the same sources in another directory gives the same bytes", {
  timeout: 120_000,
}, () =>
  withDirectory(async (directory) => {
    const copy = join(directory, "another place");
    for (const part of PARTS) {
      await cp(join(ROOT, part), join(copy, part), { recursive: true, dereference: true });
    }
    const build = async (commit: string): Promise<string> => {
      const out = join(directory, `of ${commit}`);
      const script = join(copy, "scripts/compile.ts");
      const args = [process.execPath, script, "--commit", commit, "--out", out];
      const { exitCode, stderr } = await ended(startCommand(args, { cwd: directory }));
      assert.equal(exitCode, 0, stderr);
      return await sha256(join(out, process.platform === "win32" ? "aivault.exe" : "aivault"));
    };
    const shown = await ended(startCommand([testedBinary(), "--version", "--json"]));
    const { commit } = JSON.parse(shown.stdout);
    assert.equal(await build(commit), await sha256(testedBinary()));
    assert.notEqual(await build("another commit"), await sha256(testedBinary()));
  }));
