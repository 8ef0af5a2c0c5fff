import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { importsOf } from "../scripts/imports.ts";
import { readTree } from "../scripts/source_tree.ts";

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

describe("what is loaded before it is needed", () => {
  it("sees what a command needs", () => {
    const wanted = ["lib/vault/vault.ts", "lib/crypto/aead.ts", "@noble/ciphers", "valibot"];
    assert.deepEqual(among("lib/cli/commands/status.ts", wanted), wanted);
    assert.deepEqual(among("providers/stores/sqlite.ts", ["node:sqlite"]), ["node:sqlite"]);
  });

  it("is no command, vault, database, agent or child process for the program's flags, version and help", () => {
    const heavy = ["lib/cli/commands/", "lib/vault/vault.ts", "lib/vault/registry", "node:sqlite"];
    const host = ["node:child_process", "node:net", "providers/host/agent_", "lib/agent/client.ts"];
    assert.deepEqual(among("cli.ts", [...heavy, ...host]), []);
  });

  it("is never the Argon2 package, which one derivation of a key needs", () => {
    for (const file of tree.keys()) {
      if (/^(lib|providers)\/|^(mod|cli)\.ts$/.test(file)) {
        assert.deepEqual(among(file, ["hash-wasm"]), [], file);
      }
    }
  });
});
