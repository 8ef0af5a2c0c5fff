/** The commands that README.md and `--help` show, run as they stand there. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { aivault, ROOT } from "../helpers/program.ts";
import { withSession } from "../helpers/session.ts";
import { valueOf } from "./vault_of.ts";

const options = { timeout: 120_000 };
const readme = () => readFile(join(ROOT, "README.md"), "utf8");

test(
  "the first command of README.md, and the one that --help shows, store the value",
  options,
  async () => {
    const [first = ""] = /^printf %s "\$OPENAI_API_KEY" \|.*$/m.exec(await readme()) ?? [];
    const [, shown = ""] = /^Store a secret: (.*)$/m.exec((await aivault(["--help"])).stdout) ?? [];
    const lines = [
      first.replace("npx -y deno run -A cli.ts", "aivault"),
      shown.replace("$KEY", "$OPENAI_API_KEY"),
    ];
    for (const line of lines) {
      await withSession(async (session) => {
        assert.match(line, /^printf .* \| aivault secrets create /);
        const { exitCode, stdout, stderr } = await session.run(line);
        assert.equal(exitCode, 0, stderr);
        assert.match(stdout, /^created OPENAI_API_KEY in scope global, pinned to openai \(/);
        if (process.platform === "darwin") return;
        assert.equal(await valueOf(session, "OPENAI_API_KEY"), "sk-from-the-environment");
      }, { OPENAI_API_KEY: "sk-from-the-environment" });
    }
  },
);

test("every init that README.md shows makes a vault of its provider", options, async () => {
  const cells = [...(await readme()).matchAll(/`(init --provider [a-z-]+[^`]*)`/g)];
  const commands = cells.map(([, command = ""]) => command).filter((each) => !each.includes("…"));
  assert.deepEqual(commands.map((each) => each.split(" ")[2]), [
    "macos-keychain",
    "passphrase",
    "env",
    "file",
  ]);
  for (const command of commands) {
    const provider = command.split(" ")[2];
    if (provider === "macos-keychain") continue;
    await withSession(async ({ run, directory }) => {
      const line = command.replace("/path/to", directory);
      const made = await run(`aivault ${line} --json`);
      assert.equal(made.exitCode, 0, made.stderr);
      assert.equal(JSON.parse(made.stdout).provider, provider);
      assert.equal((await run("aivault secrets list")).exitCode, 0);
    }, {
      AIVAULT_KEY: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
      AIVAULT_PASSPHRASE: "correct horse",
    });
  }
});
