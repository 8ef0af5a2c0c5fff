/** The agent's socket in its first moment: seen in the system calls of the agent. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { callsIn, noStrace } from "../crash/syscalls/strace.ts";
import { aivault, ended, startCommand, unboundCommand, withDirectory } from "../helpers/program.ts";
import { until } from "../helpers/until.ts";

const skip = noStrace();

test("the agent's socket is born with mode 0600, in a directory of mode 0700", {
  skip,
  timeout: 120_000,
}, () =>
  withDirectory(async (parent) => {
    const directory = join(parent, "vault");
    const log = join(parent, "log");
    const env = { AIVAULT_DIR: directory, HOME: parent };
    assert.equal((await aivault(["init", "--provider", "file"], { env })).exitCode, 0);
    const strace = ["strace", "-f", "-o", log, "-e", "trace=umask,bind,mkdir,mkdirat"];
    const agent = startCommand([...strace, ...unboundCommand(), "agent", "run", "--foreground"], {
      env,
    });
    const end = ended(agent);
    // The socket is there a moment before anybody listens on it.
    await until("the agent listens", async () => {
      const stop = startCommand([...unboundCommand(), "agent", "stop"], { env });
      const { exitCode, stdout, stderr } = await ended(stop);
      assert.equal(exitCode, 0, stderr);
      return stdout === "the agent has ended\n";
    });
    assert.equal((await end).exitCode, 0);
    const calls = await callsIn(log);
    const bind = calls.findIndex(({ name, text }) =>
      name === "bind" && text.includes("agent.sock")
    );
    assert.ok(bind > 0);
    const before = calls.slice(0, bind).map(({ text }) => text);
    const umasks = before.flatMap((text) => /^umask\((0\d*)\)/.exec(text)?.[1] ?? []);
    assert.equal(Number.parseInt(umasks.at(-1) ?? "0", 8), 0o177, umasks.join(" "));
    assert.ok(before.some((text) => /^mkdir.*\/vault\/run", 0700\)/.test(text)));
  }));
