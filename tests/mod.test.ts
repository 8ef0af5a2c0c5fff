/** `mod.ts`: a library when it is imported, the command line when it is run. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { importsOf } from "../scripts/imports.ts";
import { readTree } from "../scripts/source_tree.ts";
import {
  ended,
  programCommand,
  ROOT,
  runtimeCommand,
  startCommand,
  withDirectory,
} from "./helpers/program.ts";

describe("mod.ts", () => {
  it("is the command line when it is the main module", async () => {
    await withDirectory(async (home) => {
      const command = programCommand().map((word) => word.replace(/cli\.ts$/, "mod.ts"));
      const status = await ended(startCommand([...command, "status"], { env: { HOME: home } }));
      assert.equal(status.exitCode, 0, status.stderr);
      assert.match(status.stdout, /state +unlocked/);
      const unknown = await ended(startCommand([...command, "nonsense"], { env: { HOME: home } }));
      assert.equal(unknown.exitCode, 2);
    });
  });

  it("runs nothing when it is imported, whatever the arguments are", async () => {
    await withDirectory(async (home) => {
      // Inside the checkout, so that its dependencies resolve.
      await mkdir(join(ROOT, ".tmp"), { recursive: true });
      const folder = await mkdtemp(join(ROOT, ".tmp/importing-"));
      try {
        const script = join(folder, "importing.ts");
        const lines = ['import { Vault } from "../../mod.ts";', "console.log(typeof Vault.init);"];
        await writeFile(script, lines.join("\n"));
        const command = [...runtimeCommand(script), "status"];
        const { exitCode, stdout, stderr } = await ended(
          startCommand(command, { env: { HOME: home } }),
        );
        assert.deepEqual([exitCode, stdout], [0, "function\n"], stderr);
        assert.deepEqual(await readdir(home), []);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });

  it("imports nothing of the platform, directly or indirectly", () => {
    const tree = readTree();
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const { to, relative, dynamic } of importsOf(file, tree.get(file) ?? "")) {
        if (dynamic && to === "cli.ts") continue;
        if (relative) visit(to);
        else packages.add(to.split("/").slice(0, to.startsWith("@") ? 2 : 1).join("/"));
      }
    };
    visit("mod.ts");
    assert.ok(seen.size > 20);
    assert.deepEqual([...seen].filter((file) => !/^(mod\.ts|lib\/(?!cli\/).*)$/.test(file)), []);
    // The packages that the core is type-checked with, without any platform.
    const core = JSON.parse(readFileSync(join(ROOT, "core.deno.json"), "utf8")).imports;
    assert.deepEqual([...packages].filter((name) => core[name] === undefined), []);
  });
});
