/** What surrounds the executable does not decide what it runs or prints. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { ended, ROOT, startCommand } from "../helpers/program.ts";
import { plant, withLoneBinary } from "./lone_binary.ts";

const options = { timeout: 120_000 };

describe("the executable", () => {
  it(
    "loads neither code nor settings from the directory it is started in",
    options,
    () =>
      withLoneBinary(async (binary) => {
        const evil = 'console.log("EVIL"); process.exit(99);';
        await plant(binary, "evil.js", evil);
        await plant(binary, "bunfig.toml", 'preload = ["./evil.js"]\n');
        await plant(binary, ".env", `AIVAULT_DIR=${join(binary.directory, "trap")}\n`);
        await plant(binary, ".env.local", `AIVAULT_DIR=${join(binary.directory, "trap")}\n`);
        await plant(binary, ".env.production", `AIVAULT_DIR=${join(binary.directory, "trap")}\n`);
        await plant(binary, "package.json", '{"imports":{"commander":"./evil.js"}}');
        await plant(binary, "tsconfig.json", '{"compilerOptions":{"paths":{"*":["./evil.js"]}}}');
        for (const name of ["commander", "valibot", "hash-wasm", "@noble/ciphers"]) {
          await plant(binary, `node_modules/${name}/index.js`, evil);
          await plant(binary, `node_modules/${name}/package.json`, '{"main":"index.js"}');
        }
        const { exitCode, stdout, stderr } = await binary.run(["status", "--json"]);
        assert.equal(exitCode, 0, stderr);
        assert.equal(JSON.parse(stdout).directory, join(binary.home, ".aivault/data/vault"));
        assert.doesNotMatch(stdout + stderr, /EVIL/);
        // Bun itself would have run it, so the trap is a live one.
        const command = [process.execPath, join(ROOT, "cli.ts"), "--version"];
        const bun = await ended(startCommand(command, { cwd: binary.cwd }));
        assert.deepEqual([bun.exitCode, bun.stdout], [99, "EVIL\n"]);
      }),
  );

  it(
    "ends quietly when the reader of its output goes away",
    options,
    () =>
      withLoneBinary(async (binary) => {
        const entries = Array.from({ length: 3_000 }, (_, i) => `NAME_${i}=value`).join("\n");
        const imported = await binary.run(["secrets", "import", "--entry-file", "-", "--json"], {
          stdin: entries,
        });
        assert.equal(imported.exitCode, 0, imported.stderr);
        const whole = await binary.run(["secrets", "list"]);
        assert.ok(whole.stdout.length > 200_000, "more than a pipe holds");
        for (const args of ["secrets list", "secrets list --json", "audit --limit 1000"]) {
          const { stdout, stderr } = await binary.shell(
            `{ "$AIVAULT" ${args}; echo "exit code $?" >&2; } | head -1`,
          );
          assert.equal(stdout.split("\n").length, 2, stdout.slice(0, 200));
          assert.equal(stderr, "exit code 0\n", args);
        }
      }),
  );
});
