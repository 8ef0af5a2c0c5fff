import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { securityCommand } from "../../providers/host/security_command.ts";
import { shellWord } from "../../providers/host/shell_word.ts";
import { assertRejects } from "../contract/key_subject.ts";
import { makeCommand } from "../keys/fake_keychain.ts";
import { inDirectory, NO_MODES, testUnless } from "../keys/helpers.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

testUnless(
  NO_MODES,
  "securityCommand() gives the exit code, stdout and stderr of the command",
  inDirectory(async (directory) => {
    const path = await makeCommand(directory, [
      'printf "%s|" "$@"',
      "cat",
      "echo went wrong >&2",
      "exit 44",
    ]);
    const { exitCode, stdout, stderr } = await securityCommand({ path })(
      ["-s", "a b", "$HOME"],
      encode("in"),
    );
    assert.equal(exitCode, 44);
    assert.equal(decode(stdout), "-s|a b|$HOME|in");
    assert.equal(stderr, "went wrong\n");
  }),
);

testUnless(
  NO_MODES,
  "securityCommand() gives an empty stdin when it is given none",
  inDirectory(async (directory) => {
    const path = await makeCommand(directory, ["cat", "echo end"]);
    assert.equal(decode((await securityCommand({ path })(["x"])).stdout), "end\n");
  }),
);

testUnless(
  NO_MODES,
  "securityCommand() wipes its stdin, also when the command does not read it",
  inDirectory(async (directory) => {
    for (const lines of [["cat"], ["exec <&-", "exit 3"]]) {
      const path = await makeCommand(directory, lines);
      const stdin = new Uint8Array(300_000).fill(65);
      await securityCommand({ path })([], stdin);
      assert.ok(stdin.every((byte) => byte === 0));
    }
  }),
);

test("securityCommand() says that this is not macOS where there is no such command", async () => {
  const stdin = encode("a key");
  const error = await assertRejects(
    securityCommand({ path: "/nowhere/security" })([], stdin),
    "KEY_UNAVAILABLE",
  );
  assert.equal(
    error.message,
    "ask the Keychain: there is no /nowhere/security, so this is not macOS",
  );
  assert.deepEqual(stdin, new Uint8Array(5));
});

testUnless(
  NO_MODES,
  "securityCommand() reports a command that cannot be started",
  inDirectory(async (directory) => {
    const path = join(directory, "no-program");
    await writeFile(path, "");
    const error = await assertRejects(securityCommand({ path })([]), "KEY_UNAVAILABLE");
    assert.match(error.problem, /cannot be started \(EACCES\)/);
  }),
);

testUnless(
  NO_MODES,
  "securityCommand() ends a command that does not answer in time",
  inDirectory(async (directory) => {
    const pidFile = join(directory, "pid");
    const path = await makeCommand(directory, [
      `echo $$ > ${shellWord(pidFile)}`,
      "exec sleep 600",
    ]);
    let pid = 0;
    // On a machine that has much else to do it may not even have begun by then.
    for (let seconds = 1; pid === 0; seconds *= 3) {
      const stdin = encode("a key");
      const error = await assertRejects(
        securityCommand({ path, timeoutMs: seconds * 1_000 })([], stdin),
        "KEY_UNAVAILABLE",
      );
      assert.match(error.problem, new RegExp(`did not answer within ${seconds} seconds`));
      assert.match(error.hints.join(), /unlock-keychain/);
      assert.deepEqual(stdin, new Uint8Array(5));
      pid = Number(await readFile(pidFile, "utf8").catch(() => ""));
    }
    // The system takes a moment to bury it.
    while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
  }),
);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

testUnless(
  NO_MODES,
  "securityCommand() reports a command that was killed",
  inDirectory(async (directory) => {
    const path = await makeCommand(directory, ["kill -TERM $$"]);
    const error = await assertRejects(securityCommand({ path })([]), "KEY_UNAVAILABLE");
    assert.match(error.problem, /ended by SIGTERM/);
  }),
);
