/** The agent's socket in its first moment: seen in the system calls of the agent. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { noStrace } from "../crash/syscalls/strace.ts";
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
    await until(() => Promise.resolve(existsSync(join(directory, "run", "agent.sock"))));
    const stop = startCommand([...unboundCommand(), "agent", "stop"], { env });
    const { exitCode, stderr } = await ended(stop);
    assert.equal(exitCode, 0, stderr);
    assert.equal((await end).exitCode, 0);
    const lines = (await readFile(log, "utf8")).split("\n");
    const bind = lines.findIndex((line) => line.includes("bind(") && line.includes("agent.sock"));
    const umasks = lines.slice(0, bind).flatMap((line) => /umask\((0\d*)\)/.exec(line)?.[1] ?? []);
    assert.equal(Number.parseInt(umasks.at(-1) ?? "0", 8), 0o177, umasks.join(" "));
    const made = lines.slice(0, bind).some((line) => /mkdir.*\/vault\/run", 0700\)/.test(line));
    assert.ok(made);
  }));
