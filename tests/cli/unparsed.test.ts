/** What has no flag but `--json` is run without the parser, and does what the parser would have it do. */
import { test } from "node:test";
import assert from "node:assert/strict";
import { withSession } from "../helpers/session.ts";

test("status says the same whether or not it is parsed, as text and as a document", () =>
  withSession(async ({ run }) => {
    await run("aivault init");
    // Behind `--` nothing follows, but only the parser knows that.
    for (
      const [plain, parsed] of [["status", "status --"], ["status --json", "status --json --"]]
    ) {
      const [one, other] = [await run(`aivault ${plain}`), await run(`aivault ${parsed}`)];
      assert.deepEqual(one, other);
      assert.deepEqual([one.exitCode, one.stderr], [0, ""]);
      assert.match(one.stdout, /unlocked/);
    }
  }));

test("what only looks like status or --version is left to the parser", () =>
  withSession(async ({ run }) => {
    await run("aivault init");
    const usage = [
      "--json status",
      "'status --json'",
      "status status",
      "status --version",
      "--version=1",
      "STATUS",
    ];
    for (const words of usage) {
      const { exitCode, stderr } = await run(`aivault ${words}`);
      assert.equal(exitCode, 2, words);
      assert.match(stderr, /^aivault: read the command line: /, words);
    }
  }));

test("status reports a fault as the parser's way does, with the exit code", () =>
  withSession(async ({ run }) => {
    await run("aivault init && rm $HOME/.aivault/keys/kek.key");
    const [one, other] = [await run("aivault status"), await run("aivault status --")];
    assert.deepEqual(one, other);
    assert.equal(one.exitCode, 8);
  }));
