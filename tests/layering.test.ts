import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { checkLayering } from "../scripts/check_layering.ts";
import { checkPurity } from "../scripts/check_purity.ts";
import { readTree } from "../scripts/source_tree.ts";

function layering(files: Record<string, string>): string[] {
  return checkLayering(new Map(Object.entries(files)))
    .map(({ file, line, problem }) => `${file}:${line}: ${problem}`);
}

describe("checkLayering()", () => {
  it("finds nothing in this checkout", () => {
    assert.deepEqual(checkLayering(readTree()), []);
  });

  it("allows every import that goes down", () => {
    const files = {
      "cli.ts":
        'import process from "node:process";\nimport { a } from "./lib/cli/run.ts";\nimport { b } from "./providers/mod.ts";\n',
      "mod.ts": 'export * from "./lib/agent/client.ts";\nawait import("./cli.ts");\n',
      "lib/cli/run.ts":
        'import { d } from "../vault/vault.ts";\nawait import("./syntax/line.ts");\n',
      "lib/cli/syntax/line.ts": 'import { c } from "commander";\n',
      "lib/agent/client.ts": 'import type { Vault } from "../vault/vault.ts";\n',
      "lib/vault/vault.ts":
        'import * as v from "valibot";\nimport { e } from "../crypto/aead.ts";\n',
      "lib/crypto/aead.ts": 'import {\n  chacha,\n} from "@noble/ciphers/chacha.js";\n',
      "lib/errors.ts": "export {};\n",
      "providers/mod.ts": 'export * from "./keys/file.ts";\n',
      "providers/keys/file.ts": 'import { s } from "./stored_key.ts";\nimport "node:fs";\n',
      "providers/keys/stored_key.ts": 'import { VaultError } from "../../lib/errors.ts";\n',
      "tests/a.test.ts": 'import "../cli.ts";\nimport "fast-check";\n',
    };
    assert.deepEqual(layering(files), []);
  });

  const violations: readonly [file: string, text: string, expected: string][] = [
    ["lib/errors.ts", 'import "./crypto/a.ts";', "1: lib/*.ts may not import lib/crypto/a.ts"],
    [
      "lib/crypto/a.ts",
      'export * from "../vault/b.ts";',
      "1: lib/crypto may not import lib/vault/b.ts",
    ],
    ["lib/vault/a.ts", 'import "../agent/b.ts";', "1: lib/vault may not import lib/agent/b.ts"],
    ["lib/agent/a.ts", 'import "../cli/b.ts";', "1: lib/agent may not import lib/cli/b.ts"],
    ["lib/cli/a.ts", 'import "../../providers/b.ts";', "1: lib/cli may not import providers/b.ts"],
    [
      "lib/vault/a.ts",
      'import type {\n  B,\n} from "../../providers/b.ts";',
      "3: lib/vault may not import providers/b.ts",
    ],
    [
      "lib/vault/a.ts",
      'const b = await import("../../providers/b.ts");',
      "1: lib/vault may not import providers/b.ts",
    ],
    ["lib/vault/a.ts", 'import "../../cli.ts";', "1: lib/vault may not import cli.ts"],
    ["lib/vault/a.ts", 'import "../../mod.ts";', "1: lib/vault may not import mod.ts"],
    ["lib/vault/a.ts", 'import "../../tests/b.ts";', "1: lib/vault may not import tests/b.ts"],
    ["providers/a.ts", 'import "../lib/cli/b.ts";', "1: providers may not import lib/cli/b.ts"],
    ["mod.ts", 'export * from "./providers/mod.ts";', "1: mod.ts may not import providers/mod.ts"],
    ["mod.ts", 'import "./cli.ts";', "1: mod.ts may not import cli.ts"],
    [
      "providers/keys/env.ts",
      'import "./file.ts";',
      "1: a key provider may not import another one, providers/keys/file.ts",
    ],
    ["lib/web/a.ts", "", "1: the file belongs to no layer"],
    ["lib/vault/a.ts", 'import "node:fs";', "1: node:fs may be imported in providers/ alone"],
    ["cli.ts", 'import "node:fs";', "1: node:fs may be imported in providers/ alone"],
    [
      "providers/a.ts",
      'import "bun:sqlite";',
      "1: bun:sqlite is none of the packages that this project depends on",
    ],
    ["providers/a.ts", 'import "node:https";', "1: node:https reaches further than a vault should"],
    [
      "providers/a.ts",
      'import "node:dns/promises";',
      "1: node:dns/promises reaches further than a vault should",
    ],
    [
      "lib/vault/a.ts",
      'import "commander";',
      "1: commander may be imported in lib/cli/syntax/ alone",
    ],
    [
      "lib/cli/a.ts",
      'import "commander";',
      "1: commander may be imported in lib/cli/syntax/ alone",
    ],
    [
      "lib/vault/a.ts",
      'import { sha256 } from "@noble/hashes/sha2.js";',
      "1: @noble/hashes may be imported in lib/crypto/ alone",
    ],
    ["lib/cli/a.ts", 'import "./a.ts";', "1: import cycle lib/cli/a.ts → lib/cli/a.ts"],
  ];
  for (const [file, text, expected] of violations) {
    it(`finds ${expected.slice(3)} in ${file}`, () => {
      assert.deepEqual(layering({ [file]: text }), [`${file}:${expected}`]);
    });
  }

  it("finds a cycle through three files, once", () => {
    const files = {
      "lib/vault/a.ts": 'import "./b.ts";\n',
      "lib/vault/b.ts": 'import type { C } from "./c.ts";\n',
      "lib/vault/c.ts": '\nimport "./a.ts";\n',
    };
    const path = "lib/vault/a.ts → lib/vault/b.ts → lib/vault/c.ts → lib/vault/a.ts";
    assert.deepEqual(layering(files), [`lib/vault/c.ts:2: import cycle ${path}`]);
  });
});

describe("checkPurity()", () => {
  it("finds nothing in this checkout", () => {
    assert.deepEqual(checkPurity(readTree()), []);
  });

  const impure = [
    "Deno.readFile(x)",
    "Bun.file(x)",
    "process.env",
    'process["env"]',
    "Buffer.from(x)",
    "globalThis.process",
    "`${process.pid}`",
    "console.log(value)",
    "await fetch(url)",
    "new WebSocket(url)",
  ];
  for (const code of impure) {
    it(`finds ${code}`, () => {
      const found = checkPurity(new Map([["lib/vault/a.ts", `\nf(${code});\n`]]));
      assert.deepEqual(found.map(({ line }) => line), [2]);
    });
  }

  it("passes the same words in comments and strings", () => {
    const text = '/** Another process. */\n// Deno.env\nconst a = "the process. Bun.file";\n';
    assert.deepEqual(checkPurity(new Map([["lib/vault/a.ts", text]])), []);
  });
});
