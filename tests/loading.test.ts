import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { importsOf } from "../scripts/imports.ts";
import { readTree } from "../scripts/source_tree.ts";
import { ended, ROOT, startCommand, withDirectory } from "./helpers/program.ts";

const tree = readTree();

/** All that is loaded with `file`: the files and packages that its static imports lead to, less those of types alone. */
function loadedWith(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = (tree.get(file) ?? "").replace(/^(?:import|export) type [^;]*;$/gm, "");
  for (const { to, dynamic } of importsOf(file, text)) {
    if (!dynamic) loadedWith(to, found);
  }
  return found;
}

/** Those of `wanted` that are loaded with `file`. */
function among(file: string, wanted: readonly string[]): string[] {
  const loaded = [...loadedWith(file)];
  return wanted.filter((each) => loaded.some((path) => path === each || path.startsWith(each)));
}

/** All that `status` loads where there is a vault: its parts, and what is loaded with them. */
function loadedForStatus(): Set<string> {
  const parts = [
    "cli.ts",
    "lib/cli/commands/status.ts",
    "providers/host/init_lock.ts",
    "providers/keys/mod.ts",
    "providers/stores/sqlite.ts",
  ];
  const loaded = new Set<string>();
  for (const file of parts) loadedWith(file, loaded);
  return loaded;
}

/** What every run of the program loads. */
const START = new Set([
  "cli.ts",
  "lib/agent/clock.ts",
  "lib/cli/context.ts",
  "lib/cli/exit_code.ts",
  "lib/cli/program.ts",
  "lib/cli/report.ts",
  "lib/errors.ts",
  "lib/version.ts",
  "providers/host/descriptor_writer.ts",
  "providers/host/disk_error.ts",
  "providers/host/environment.ts",
  "providers/host/exists.ts",
  "providers/host/forbidden.ts",
  "providers/host/output.ts",
  "providers/host/paths.ts",
  "providers/host/stream_writer.ts",
  "providers/host/system_clock.ts",
  "providers/host/text_writer.ts",
]);

describe("what is loaded before it is needed", () => {
  it("sees what a command needs", () => {
    const wanted = ["lib/vault/keys/unlock.ts", "lib/crypto/aead.ts", "@noble/ciphers", "valibot"];
    assert.deepEqual(among("lib/cli/commands/status.ts", wanted), wanted);
    assert.deepEqual(among("providers/stores/sqlite.ts", ["node:sqlite"]), ["node:sqlite"]);
    const secrets = ["lib/vault/vault.ts", "lib/vault/registry_data.ts"];
    assert.deepEqual(among("lib/cli/commands/secrets.ts", secrets), secrets);
  });

  it("is nothing but the program's output for its version", () => {
    const others = [...loadedWith("cli.ts")].filter((path) => !START.has(path));
    assert.deepEqual(others.filter((path) => !path.startsWith("node:")), []);
    const heavy = ["node:child_process", "node:crypto", "node:net", "node:sqlite", "node:tty"];
    assert.deepEqual(among("cli.ts", heavy), []);
  });

  it("is for status no parser, no other command, no class Vault, no registry, no agent, no way to change a vault", () => {
    const loaded = loadedForStatus();
    const needless = [
      /^lib\/cli\/commands\/(?!status)/,
      /^lib\/cli\/(syntax|describe|provider_flags|make_vault|with_vault)/,
      /^lib\/agent\//,
      /^lib\/vault\/(vault\.ts|registry|transaction|init_vault|backup)/,
      /^lib\/vault\/keys\/(settle|rotate|recovery)/,
      /^lib\/vault\/audit\/(verify|plan_prune|prune_audit)/,
      /^providers\/host\/(agent_|terminal|input|security_command|native_cipher|build_info)/,
      /^(commander|hash-wasm|@hpke)/,
      /^node:(child_process|crypto|net|tty)/,
    ];
    for (const pattern of needless) {
      assert.deepEqual([...loaded].filter((path) => pattern.test(path)), [], `${pattern}`);
    }
  });

  it("is for status what its imports say", {
    skip: process.versions.bun === undefined && !("Deno" in globalThis)
      ? false
      : "only Node tells which modules it loads",
  }, () =>
    withDirectory(async (directory) => {
      const trace = fileURLToPath(new URL("helpers/trace_loads.ts", import.meta.url));
      const list = join(directory, "loaded");
      const env = { AIVAULT_DIR: join(directory, "vault"), TRACE_LOADS: list };
      const [node, ...words] = [
        process.execPath,
        "--import",
        trace,
        join(ROOT, "cli.ts"),
        "status",
      ];
      assert.equal((await ended(startCommand([node, ...words], { env }))).exitCode, 0);
      // The first has made the vault, which loads more.
      await rm(list);
      assert.equal((await ended(startCommand([node, ...words], { env }))).exitCode, 0);
      const paths = (await readFile(list, "utf8")).trimEnd().split("\n");
      const own = paths.filter((path) => tree.has(path));
      assert.ok(own.includes("lib/cli/commands/status.ts"));
      const expected = loadedForStatus();
      assert.deepEqual(own.filter((path) => !expected.has(path)), []);
    }));

  it("is never the Argon2 package, which one derivation of a key needs", () => {
    for (const file of tree.keys()) {
      if (/^(lib|providers)\/|^(mod|cli)\.ts$/.test(file)) {
        assert.deepEqual(among(file, ["hash-wasm"]), [], file);
      }
    }
  });
});
