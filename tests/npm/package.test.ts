/** The package from npm, installed into an empty project: from JavaScript, and as the command `aivault`. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { buildNpm } from "../../scripts/build_npm.ts";
import { snapshot } from "../helpers/files.ts";
import { ended, ROOT, startCommand, withDirectory } from "../helpers/program.ts";
import { nodes, project, runCommand, runModule } from "./project.ts";

const USE = `
const kek = crypto.getRandomValues(new Uint8Array(32));
const vault = await Vault.init({ store, kek });
await vault.create({ name: "A", value: new TextEncoder().encode("the value") });
console.log(await vault.use("A", {}, (value) => new TextDecoder().decode(value)));
await vault.use("B", {}, () => {}).catch((error) => console.log(error instanceof VaultError, error.code));
await vault.close();
`;

for (const node of nodes()) {
  describe(`the npm package on Node ${node.version}`, () => {
    it("is a library for JavaScript, with the store in memory", async () => {
      const code = `import { MemoryStore, Vault, VaultError } from "@aivault/cli";
const store = new MemoryStore();${USE}`;
      const { stdout, stderr } = await runModule(node, "memory.js", code);
      assert.equal(stdout, "the value\ntrue NOT_FOUND\n", stderr);
      assert.equal(stderr, "");
    });

    it("has the store on disk and the key providers beside it", async () => {
      const code = `import { Vault, VaultError } from "@aivault/cli";
import { SqliteStore } from "@aivault/cli/stores/sqlite";
import { fileKeyProvider } from "@aivault/cli/providers";
import { join } from "node:path";
const directory = import.meta.dirname;
const store = await SqliteStore.open({ path: join(directory, "vault.db"), create: true });
console.log(fileKeyProvider({ vaultDirectory: directory, defaultPath: join(directory, "k") }).type);${USE}`;
      const { stdout, stderr } = await runModule(node, "sqlite.mjs", code);
      assert.equal(stdout, "file\nthe value\ntrue NOT_FOUND\n", stderr);
    });

    it("can be required from CommonJS", async () => {
      const code = `const { MemoryStore, Vault, VaultError } = require("@aivault/cli");
(async () => { const store = new MemoryStore();${USE}})();`;
      const { stdout, stderr } = await runModule(node, "required.cjs", code);
      assert.equal(stdout, "the value\ntrue NOT_FOUND\n", stderr);
    });

    it("runs nothing when it is imported", async () => {
      const code = 'import "@aivault/cli";';
      const { stdout, stderr, exitCode } = await runModule(node, "quiet.js", code, ["--version"]);
      assert.deepEqual([stdout, stderr, exitCode], ["", "", 0]);
    });

    it("is the command aivault, without a warning of Node's", async () => {
      await withDirectory(async (home) => {
        const created = await runCommand(
          node,
          home,
          ["secrets", "create", "A", "--value-file", "-"],
          "sk-1",
        );
        assert.match(created.stdout, /^created A in scope global/);
        assert.doesNotMatch(created.stderr, /Warning/);
        const listed = await runCommand(node, home, ["secrets", "list", "--json"]);
        assert.deepEqual([listed.exitCode, listed.stderr], [0, ""]);
        const { runtime, commit } = JSON.parse(
          (await runCommand(node, home, ["--version", "--json"])).stdout,
        );
        assert.equal(runtime, `node ${node.version.slice(1)}`);
        assert.notEqual(commit, "");
        assert.equal((await runCommand(node, home, ["nonsense"])).exitCode, 2);
      });
    });

    it("unlocks a vault, which its agent then holds", async () => {
      await withDirectory(async (home) => {
        const fast = ["--argon2-memory", "19", "--argon2-iterations", "2"];
        const init = ["init", "--provider", "passphrase", ...fast, "--passphrase-file", "-"];
        for (
          const [args, stdin] of [[init, "a passphrase"], [
            ["unlock", "--passphrase-file", "-"],
            "a passphrase",
          ]] as const
        ) {
          const { exitCode, stderr } = await runCommand(node, home, args, stdin);
          assert.equal(exitCode, 0, stderr);
        }
        try {
          const created = await runCommand(node, home, [
            "secrets",
            "create",
            "A",
            "--value-file",
            "-",
          ], "sk-1");
          assert.equal(created.exitCode, 0, created.stderr);
          assert.match((await runCommand(node, home, ["status"])).stdout, /^state +unlocked$/m);
        } finally {
          assert.equal((await runCommand(node, home, ["lock"])).exitCode, 0);
        }
        assert.match((await runCommand(node, home, ["status"])).stdout, /^state +locked/m);
      });
    });
  });
}

describe("the npm package", () => {
  const installed = join(project(), "node_modules/@aivault/cli");
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  const source = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

  it("holds JavaScript and declarations, no TypeScript, no tests, no maps of this machine", () => {
    const files = globSync("**/*", { cwd: installed }).filter((file) => /\.\w+$/.test(file));
    const odd = files.filter((file) => !/\.(js|d\.ts|md|json)$/.test(file));
    assert.deepEqual(odd, []);
    assert.ok(files.includes("lib/vault/vault.js"));
    for (const file of files) {
      const text = readFileSync(join(installed, file), "utf8");
      assert.doesNotMatch(text, /sourceMappingURL|file:\/\//, file);
    }
  });

  it("is the same from two builds of one commit", () =>
    withDirectory(async (directory) => {
      const trees = [join(directory, "one"), join(directory, "another")];
      for (const tree of trees) buildNpm(tree, "abc123");
      const [one, other] = await Promise.all(trees.map(snapshot));
      assert.deepEqual(one, other);
    }));

  it("depends on exactly the versions that were tested", () => {
    assert.deepEqual(manifest.dependencies, source.dependencies);
    assert.ok(Object.values(manifest.dependencies).every((it) => /^\d+\.\d+\.\d+$/.test(`${it}`)));
  });

  it("is a command that has its packages in it, and their licences beside it", () => {
    const files = globSync("bin/**/*.js", { cwd: installed });
    assert.ok(files.length > 2);
    for (const file of files) {
      const text = readFileSync(join(installed, file), "utf8");
      const named = text.matchAll(
        /^(?:import|\} from|export .* from) ?"([^"]+)"|import\("([^"]+)"\)/gm,
      );
      const foreign = [...named].map(([, from, loaded]) => from ?? loaded ?? "");
      assert.deepEqual(
        foreign.filter((name) => !name.startsWith(".") && !isBuiltin(name)),
        [],
        file,
      );
    }
    const licenses = readFileSync(join(installed, "THIRD_PARTY_LICENSES"), "utf8");
    for (const name of Object.keys(source.dependencies)) assert.ok(licenses.includes(`${name} `));
  });

  it("says which Node it needs, on an older one", async () => {
    const [node] = nodes();
    const versions = '{ value: { ...process.versions, node: "20.20.2" } }';
    const older = `data:text/javascript,Object.defineProperty(process, "versions", ${versions});`;
    const command = [node?.path ?? "", "--import", older, join(installed, "bin/aivault.js")];
    const { exitCode, stdout, stderr } = await ended(startCommand([...command, "status"]));
    assert.deepEqual([exitCode, stdout], [1, ""]);
    assert.equal(stderr, "aivault: this is Node 20.20.2\nhint: Node 22.13 or later is needed\n");
    assert.deepEqual(manifest.engines, { node: ">=22.13" });
  });

  it("exports what the sources export, each with its types, and nothing else", () => {
    const paths = Object.entries<{ types: string; default: string }>(manifest.exports);
    assert.deepEqual(paths.map(([key]) => key), Object.keys(source.exports));
    for (const [key, { types, default: code }] of paths) {
      assert.equal(code, source.exports[key].replace(/\.ts$/, ".js"));
      assert.equal(types, source.exports[key].replace(/\.ts$/, ".d.ts"));
      for (const path of [types, code]) assert.ok(readFileSync(join(installed, path)).length > 0);
    }
  });

  it("does not lead a bundler for browsers to the platform", () => {
    const main = readFileSync(join(installed, "mod.js"), "utf8");
    assert.doesNotMatch(main, /cli\.js|import\(/);
  });
});
