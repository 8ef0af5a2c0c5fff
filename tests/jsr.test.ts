/** The package as JSR serves it: `deno run jsr:@aivault/cli`, and imports of each entry point. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { DENO_PERMISSIONS } from "../scripts/build/permissions.ts";
import { withRegistry } from "./helpers/jsr_registry.ts";
import { type Ended, ended, ROOT, startCommand, withDirectory } from "./helpers/program.ts";

const pinned = join(ROOT, "tests/runtimes/node_modules/.bin/deno");
const deno = "Deno" in globalThis ? process.execPath : existsSync(pinned) ? pinned : undefined;
const options = {
  timeout: 120_000,
  skip: deno === undefined && "no Deno here; `npm test` installs one",
};

interface Place {
  readonly home: string;
  /** Where Deno is started. */
  readonly cwd: string;
  run(args: readonly string[]): Promise<Ended>;
}

/** Runs `work` where the package can be had from a registry, with a cache of its own but for npm's packages. */
function withJsr(work: (place: Place) => Promise<void>): Promise<void> {
  return withRegistry((url) =>
    withDirectory(async (directory) => {
      const [home, cwd, cache] = ["home", "cwd", "cache"].map((it) => join(directory, it));
      assert.ok(home && cwd && cache);
      for (const each of [home, cwd, cache]) await mkdir(each);
      const shared = process.env["DENO_DIR"] ?? join(process.env["HOME"] ?? "", ".cache/deno");
      await symlink(join(shared, "npm"), join(cache, "npm"));
      const env = { HOME: home, JSR_URL: url, DENO_DIR: cache };
      const run: Place["run"] = (args) => ended(startCommand([deno ?? "", ...args], { cwd, env }));
      await work({ home, cwd, run });
    })
  );
}

describe("the package from JSR", () => {
  it(
    "is the command line with the documented permissions",
    options,
    () =>
      withJsr(async ({ home, run }) => {
        const flags = ["run", "--no-config", "--quiet", ...DENO_PERMISSIONS];
        const { exitCode, stdout, stderr } = await run([...flags, "jsr:@aivault/cli", "status"]);
        assert.equal(exitCode, 0, stderr);
        assert.match(stdout, /state +unlocked/);
        assert.deepEqual(await readdir(home), [".aivault"]);
      }),
  );

  it(
    "starts the agent of a vault with a passphrase, which other processes find",
    options,
    () =>
      withJsr(async ({ home, run }) => {
        await writeFile(join(home, "passphrase"), "correct horse");
        const aivault = async (...args: string[]): Promise<Ended> => {
          const ended = await run([
            "run",
            "-A",
            "--no-config",
            "--quiet",
            "jsr:@aivault/cli",
            ...args,
          ]);
          assert.equal(ended.exitCode, 0, ended.stderr);
          return ended;
        };
        const given = ["--passphrase-file", join(home, "passphrase")];
        const cheap = ["--argon2-memory", "8", "--argon2-iterations", "1"];
        await aivault("init", "--provider", "passphrase", ...given, ...cheap);
        await aivault("unlock", ...given);
        try {
          assert.equal((await aivault("secrets", "list")).stdout, "no secrets\n");
        } finally {
          await aivault("lock");
        }
      }),
  );

  it(
    "is a library whose import runs nothing and asks for nothing",
    options,
    () =>
      withJsr(async ({ home, cwd, run }) => {
        const lines = [
          'import { MemoryStore, Vault } from "jsr:@aivault/cli";',
          "const kek = crypto.getRandomValues(new Uint8Array(32));",
          "const vault = await Vault.init({ store: new MemoryStore(), kek });",
          'await vault.create({ name: "A", value: new TextEncoder().encode("a value") });',
          'console.log(await vault.use("A", {}, (value) => value.length));',
        ];
        await writeFile(join(cwd, "use.ts"), lines.join("\n"));
        const { exitCode, stdout, stderr } = await run(["run", "--no-prompt", "--quiet", "use.ts"]);
        assert.deepEqual([exitCode, stdout], [0, "7\n"], stderr);
        assert.deepEqual(await readdir(home), []);
      }),
  );

  it(
    "has the key providers and the store on disk beside it",
    options,
    () =>
      withJsr(async ({ cwd, run }) => {
        const lines = [
          'import { envKeyProvider } from "jsr:@aivault/cli/providers";',
          'import { SqliteStore } from "jsr:@aivault/cli/stores/sqlite";',
          "console.log(envKeyProvider(() => undefined).type, typeof SqliteStore.open);",
        ];
        await writeFile(join(cwd, "use.ts"), lines.join("\n"));
        const { exitCode, stdout, stderr } = await run(["run", "-A", "--quiet", "use.ts"]);
        assert.deepEqual([exitCode, stdout], [0, "env function\n"], stderr);
      }),
  );

  it(
    "is not replaced by the deno.json of the directory it is run in, with --no-config",
    options,
    () =>
      withJsr(async ({ cwd, run }) => {
        await writeFile(join(cwd, "evil.ts"), 'console.log("EVIL");');
        const names = ["jsr:@aivault/cli", "npm:commander@15.1.0"];
        const imports = Object.fromEntries(names.map((name) => [name, "./evil.ts"]));
        await writeFile(join(cwd, "deno.json"), JSON.stringify({ imports }));
        const args = ["-A", "--quiet", "jsr:@aivault/cli", "--version"];
        const safe = await run(["run", "--no-config", ...args]);
        assert.match(safe.stdout, /^\d+\.\d+\.\d+\n$/, safe.stderr);
        // Without it Deno would have run the other one.
        assert.equal((await run(["run", ...args])).stdout, "EVIL\n");
      }),
  );
});
