import { describe, it } from "node:test";
import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { LICENSES_FILE, licensesOf } from "../../scripts/build/licenses.ts";
import { DENO_PERMISSIONS } from "../../scripts/build/permissions.ts";
import { stageSources } from "../../scripts/build/stage.ts";
import { executableName, findTargets, TARGETS } from "../../scripts/build/targets.ts";
import { buildCommand } from "../../scripts/compile.ts";
import { ended, ROOT, runtimeCommand, startCommand, withDirectory } from "../helpers/program.ts";

const LINUX = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];
const MUSL = ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"];
const MACOS = ["x86_64-apple-darwin", "aarch64-apple-darwin"];
const WINDOWS = ["x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc"];

describe("findTargets()", () => {
  const names = (engine: "deno" | "bun") => findTargets(["all"], engine).map(({ name }) => name);

  it("has Linux, macOS and Windows on both processors for either engine, and musl for Bun", () => {
    assert.deepEqual(names("deno").sort(), [...LINUX, ...MACOS, ...WINDOWS].sort());
    assert.deepEqual(names("bun").sort(), [...LINUX, ...MUSL, ...MACOS, ...WINDOWS].sort());
  });

  it("refuses a target that the engine cannot make, and names those that it can", () => {
    for (const name of [...MUSL, "bun-linux-x64", ""]) {
      assert.throws(() => findTargets([name], "deno"), /deno has no target .*x86_64-apple-darwin/);
    }
  });

  it("gives executables of different targets different names", () => {
    const files = TARGETS.map(executableName);
    assert.equal(new Set(files).size, TARGETS.length);
    assert.ok(files.every((file) => file.endsWith(".exe") === file.includes("windows")));
  });
});

describe("buildCommand()", () => {
  const build = { outfile: "/x/aivault", stage: "/s", target: undefined };

  it("gives a Deno executable the documented permissions and no other", () => {
    const words = buildCommand({ ...build, engine: "deno" });
    const allowed = words.filter((word) => /^-A$|^--allow|^--no-prompt$/.test(word));
    assert.deepEqual(allowed, DENO_PERMISSIONS);
    assert.ok(words.includes("--deny-import"));
  });

  it("names the target in the engine's own words", () => {
    const [target] = findTargets(["aarch64-apple-darwin"], "deno");
    const deno = buildCommand({ ...build, engine: "deno", target });
    assert.equal(deno[deno.indexOf("--target") + 1], "aarch64-apple-darwin");
    const bun = buildCommand({ ...build, engine: "bun", target });
    assert.ok(bun.includes("--target=bun-darwin-arm64"));
  });
});

describe("stageSources()", () => {
  it("copies the sources with the commit in them, and leaves the checkout as it is", async () => {
    await withDirectory(async (directory) => {
      const before = readFileSync(join(ROOT, "lib/version.ts"), "utf8");
      stageSources(join(directory, "stage"), "abc123");
      const staged = readFileSync(join(directory, "stage/lib/version.ts"), "utf8");
      assert.equal(staged.replace('"abc123"', '""'), before);
      assert.equal(readFileSync(join(ROOT, "lib/version.ts"), "utf8"), before);
      assert.ok(existsSync(join(directory, "stage/providers/stores/sqlite.ts")));
      assert.ok(!existsSync(join(directory, "stage/tests")));
    });
  });

  it("copies all that is published", () =>
    withDirectory((directory) => {
      stageSources(directory, "abc123");
      const { publish } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
      const absent = publish.include.filter((path: string) => !existsSync(join(directory, path)));
      assert.deepEqual(absent, []);
      return Promise.resolve();
    }));
});

describe("licensesOf()", () => {
  it("gives the licence of every package that the program uses", () =>
    withDirectory((directory) => {
      stageSources(join(directory, "stage"), "abc123");
      const text = readFileSync(join(directory, "stage", LICENSES_FILE), "utf8");
      const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
      // One of them brings another.
      for (const name of [...Object.keys(dependencies), "@hpke/common"]) {
        const at = text.indexOf(`${name} `);
        assert.ok(at >= 0, name);
        assert.match(text.slice(at, at + 1_000), /Copyright .*\n[^]*Permission is hereby granted/);
      }
      return Promise.resolve();
    }));

  it("refuses a package without one, and gives nothing where there are no packages", () =>
    withDirectory((directory) => {
      assert.equal(licensesOf(join(directory, "absent")), undefined);
      mkdirSync(join(directory, "@a/b"), { recursive: true });
      writeFileSync(join(directory, "@a/b/package.json"), '{ "name": "@a/b", "version": "1.0.0" }');
      assert.throws(() => licensesOf(directory), /@a\/b has no file with its licence/);
      writeFileSync(join(directory, "@a/b/LICENCE.txt"), "Take it.\n");
      assert.equal(licensesOf(directory), "@a/b 1.0.0\n\nTake it.\n");
      return Promise.resolve();
    }));
});

describe("scripts/compile.ts", () => {
  const compile = (args: string[], env: Record<string, string> = {}) =>
    ended(startCommand([...runtimeCommand(join(ROOT, "scripts/compile.ts")), ...args], { env }));

  it("says what to do where Deno's base executable cannot be had, and keeps an earlier build", async () => {
    await withDirectory(async (directory) => {
      const out = join(directory, "out");
      mkdirSync(out);
      writeFileSync(join(out, executableName(undefined)), "an earlier build");
      const env = { DENORT_BIN: join(directory, "absent") };
      const { exitCode, stderr } = await compile(["--engine", "deno", "--out", out], env);
      assert.equal(exitCode, 1);
      assert.match(stderr, /^compile: deno could not build /);
      assert.match(stderr, /hint: .*DENORT_BIN, or use --engine bun/);
      assert.deepEqual(readdirSync(out), [executableName(undefined)]);
      assert.equal(readFileSync(join(out, executableName(undefined)), "utf8"), "an earlier build");
    });
  });

  it(
    "gives an executable of Deno's the documented permissions, no network, and the same bytes again",
    {
      skip: "Deno" in globalThis ? false : "Deno itself stands in for its base executable",
      timeout: 120_000,
    },
    async () => {
      await withDirectory(async (directory) => {
        const build = async (name: string): Promise<Buffer> => {
          const out = join(directory, name);
          const args = ["--engine", "deno", "--commit", "abc123", "--out", out];
          const { exitCode, stderr } = await compile(args, { DENORT_BIN: process.execPath });
          assert.equal(exitCode, 0, stderr);
          return readFileSync(join(out, executableName(undefined)));
        };
        const bytes = await build("one");
        assert.ok(bytes.equals(await build("another")));
        // What Deno holds the executable to when it starts.
        const start = bytes.lastIndexOf('"permissions":{') + '"permissions":'.length;
        const permissions = JSON.parse(
          bytes.toString("utf8", start, bytes.indexOf("}", start) + 1),
        );
        const { prompt, deny_import, allow_import: _, ...rest } = permissions;
        assert.deepEqual([prompt, deny_import], [false, []], "no question, and no import at all");
        const given = Object.entries(rest).filter(([, value]) => value !== null);
        assert.deepEqual(Object.fromEntries(given), {
          allow_env: [],
          allow_read: [],
          allow_write: [],
          allow_run: ["/usr/bin/security"],
          allow_sys: ["homedir", "uid", "getPriority"],
        });
      });
    },
  );

  it("says how to install the packages where they are not, and makes nothing", async () => {
    await withDirectory(async (directory) => {
      cpSync(join(ROOT, "scripts"), join(directory, "scripts"), { recursive: true });
      const script = runtimeCommand(join(directory, "scripts/compile.ts"));
      const { exitCode, stderr } = await ended(startCommand(script, { cwd: directory, env: {} }));
      assert.equal(exitCode, 2);
      assert.match(
        stderr,
        /^compile: the packages .* are not here\nhint: install them, and Bun, with: npm run pretest$/m,
      );
      assert.deepEqual(readdirSync(directory), ["scripts"]);
    });
  });

  it("says how to install Bun where it is not", {
    skip: "Bun" in globalThis && "it builds with the Bun that runs it",
  }, async () => {
    await withDirectory(async (directory) => {
      const root = join(directory, "root");
      stageSources(root, "");
      cpSync(join(ROOT, "scripts"), join(root, "scripts"), { recursive: true });
      const script = runtimeCommand(join(root, "scripts/compile.ts"));
      const env = { PATH: directory };
      const { exitCode, stderr } = await ended(startCommand(script, { cwd: root, env }));
      assert.equal(exitCode, 1);
      assert.match(stderr, /^compile: bun could not build .*\n.*\nhint: .*`npm run pretest`/);
      const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
      assert.match(scripts.pretest, /npm ci .* npm install --prefix tests\/runtimes/);
    });
  });

  it("refuses an unknown engine or target before it builds anything", async () => {
    for (const args of [["--engine", "rust"], ["--target", "pdp11"], ["--colour"]]) {
      await withDirectory(async (directory) => {
        const { exitCode, stderr } = await compile([...args, "--out", directory]);
        assert.equal(exitCode, 2, stderr);
        assert.match(stderr, /^compile: /);
        assert.deepEqual(readdirSync(directory), []);
      });
    }
  });
});
