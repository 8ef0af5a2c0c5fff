/** The agent as a process: started, detached, ended and killed. */
import assert from "node:assert/strict";
import { readdir, readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import {
  agentPid,
  agentsBelow,
  agentStatus,
  CHEAP,
  endProcess,
  isRunning,
  unlock,
  withLockedVault,
} from "../helpers/agents.ts";
import { until } from "../helpers/until.ts";
import { type Ended, ended, startCommand, unboundCommand } from "../helpers/program.ts";
import { type Session, withSession } from "../helpers/session.ts";

const options = { timeout: 120_000 };
const linux = {
  ...options,
  skip: process.platform !== "linux" && "only Linux shows processes as files",
};
const run = (session: Session) => join(session.directory, "vault", "run");

describe("the agent that unlock starts", () => {
  it(
    "is a process apart: a session, the root directory, no core dump, no file of the caller's",
    linux,
    () =>
      withLockedVault(async (session) => {
        const line = "umask 077; export NODE_OPTIONS=--no-warnings BUN_OPTIONS=--no-addons;" +
          " AIVAULT_PASSPHRASE='correct horse' aivault unlock 7<>lockfile";
        const { exitCode, stderr } = await session.run(line);
        assert.equal(exitCode, 0, stderr);
        const pid = await agentPid(session);
        const read = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8");
        const [, sessionId, terminal] = /\) . \d+ \d+ (\d+) (\d+)/.exec(await read("stat")) ?? [];
        assert.equal(sessionId, String(pid), "it leads a session of its own");
        assert.equal(terminal, "0", "it has no terminal");
        assert.equal(await readlink(`/proc/${pid}/cwd`), "/");
        assert.match(await read("limits"), /Max core file size +0 +0 /);
        assert.match(await read("coredump_filter"), /^0+$/m);
        assert.doesNotMatch(await read("environ"), /AIVAULT_PASSPHRASE|correct horse|_OPTIONS=/);
        assert.doesNotMatch(await read("cmdline"), /correct horse/);
        for (const fd of await readdir(`/proc/${pid}/fd`)) {
          const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
          assert.ok(!target.includes("lockfile") && !target.includes("vault.db"), target);
        }
      }),
  );

  // SIGUSR1 would open a debugger otherwise.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1"] as const) {
    it(
      `ends at ${signal}, removes its socket, and the vault is locked`,
      options,
      () =>
        withLockedVault(async (session) => {
          await unlock(session);
          const pid = await agentPid(session);
          process.kill(pid, signal);
          await until("the agent ends", () => !isRunning(pid));
          assert.deepEqual(await readdir(run(session)), []);
          assert.equal((await session.run("aivault secrets import --entry A=1")).exitCode, 3);
        }),
    );
  }

  it(
    "outlives the process group and the terminal of whoever unlocked",
    linux,
    () =>
      withLockedVault(async (session) => {
        const shell = startCommand([
          "sh",
          "-c",
          "aivault unlock --passphrase-file -; echo done; sleep 60",
        ], {
          cwd: session.directory,
          env: session.env,
          stdin: "correct horse",
        });
        const output: string[] = [];
        shell.stdout?.on(
          "data",
          (chunk: Uint8Array) => output.push(new TextDecoder().decode(chunk)),
        );
        await until("the shell unlocks", () => output.join("").includes("done"));
        assert.ok(shell.pid !== undefined);
        process.kill(-shell.pid, "SIGHUP");
        await ended(shell);
        assert.equal((await agentStatus(session)).state, "unlocked");
        assert.equal((await session.run("aivault secrets import --entry A=1")).exitCode, 0);
      }),
  );

  it(
    "is replaced after it was killed, and what it left is removed",
    options,
    () =>
      withLockedVault(async (session) => {
        await unlock(session);
        const pid = await agentPid(session);
        process.kill(pid, "SIGKILL");
        await until("the agent is gone", () => !isRunning(pid));
        assert.deepEqual(await readdir(run(session)), ["agent.sock"]);
        assert.equal((await session.run("aivault secrets import --entry A=1")).exitCode, 3);
        assert.equal((await agentStatus(session)).state, "stopped");
        await unlock(session);
        assert.notEqual(await agentPid(session), pid);
        assert.equal((await session.run("aivault secrets import --entry A=1")).exitCode, 0);
      }),
  );

  it("ends by itself when its vault is removed", linux, () =>
    withLockedVault(async (session) => {
      await unlock(session);
      const pid = await agentPid(session);
      await rm(join(session.directory, "vault"), { recursive: true });
      await until("the agent ends", () => !isRunning(pid));
      assert.deepEqual((await readdir(session.directory)).sort(), ["bin", "home"]);
    }));

  it(
    "ends by itself when the time that it was given is over",
    options,
    () =>
      withLockedVault(async (session) => {
        await unlock(session, "--max-age 1s");
        await until("the agent ends", async () => (await agentStatus(session)).state === "stopped");
        assert.equal((await session.run("aivault secrets import --entry A=1")).exitCode, 3);
      }),
  );

  it("serves a vault with a long path", options, () =>
    withLockedVault(async (session) => {
      await unlock(session);
      assert.equal((await session.run("aivault secrets import --entry A=1")).exitCode, 0);
      const files = await readdir(join(session.env["AIVAULT_DIR"] ?? "", "run"));
      assert.deepEqual(files, ["agent.path"]);
      const other = "XDG_RUNTIME_DIR=/nowhere TMPDIR=/nowhere aivault secrets import --entry B=1";
      assert.equal((await session.run(other)).exitCode, 0, "whatever its environment says");
      await session.run("aivault lock");
      assert.equal((await session.run("aivault secrets import --entry C=1")).exitCode, 3);
    }, { AIVAULT_DIR: `<dir>/${"long-name-".repeat(12)}`, XDG_RUNTIME_DIR: "<dir>/runtime" }));
});

const denoAlone = "Deno" in globalThis && process.env["AIVAULT_TEST_BINARY"] === undefined;

it("unlock says what to do where Deno does not let it start an agent", {
  ...options,
  skip: !denoAlone && "only Deno asks for permissions",
}, () =>
  withSession(async (session) => {
    const init = `aivault init --provider passphrase --passphrase-file - ${CHEAP}`;
    assert.equal((await session.run(init, "correct horse")).exitCode, 0);
    const refused = await session.run("aivault unlock --passphrase-file -", "correct horse");
    assert.equal(refused.exitCode, 8, refused.stderr);
    assert.match(refused.stderr, /start the agent: Deno does not allow this program to/);
    assert.match(refused.stderr, /hint: run it beside .*: aivault agent run --foreground\n/);
    assert.match(refused.stderr, /hint: or let this one start it, with .* --allow-run=\/bin\/sh:/);
    assert.doesNotMatch(refused.stderr, /NotCapable|unexpected/);
    const list = "aivault secrets import --entry A=1 --passphrase-file -";
    assert.equal((await session.run(list, "correct horse")).exitCode, 0, "the rest works");
  }));

describe("agent run --foreground", () => {
  const withForeground = (work: (session: Session, pid: number) => Promise<void>) => async () => {
    let log: Ended | undefined;
    await withLockedVault(async (session) => {
      const child = startCommand([...unboundCommand(), "agent", "run", "--foreground"], {
        cwd: session.directory,
        env: session.env,
      });
      const logged = ended(child);
      try {
        await until(
          "the agent listens",
          async () => (await agentStatus(session)).state === "locked",
        );
        assert.ok(child.pid !== undefined);
        await work(session, child.pid);
      } finally {
        endProcess(child);
        log = await logged;
      }
    });
    assert.equal(log?.exitCode, 0);
    assert.match(
      log?.stderr ?? "",
      /^the agent listens at \S+; unlock the vault with: aivault unlock\n$/,
    );
    assert.equal(log?.stdout, "the agent has ended\n");
  };

  it(
    "is unlocked and locked any number of times, and stays",
    options,
    withForeground(
      async (session, pid) => {
        for (let i = 0; i < 2; i++) {
          assert.equal((await session.run(`aivault secrets import --entry A${i}=1`)).exitCode, 3);
          await unlock(session);
          assert.equal(await agentPid(session), pid);
          assert.equal((await session.run(`aivault secrets import --entry A${i}=1`)).exitCode, 0);
          assert.equal((await session.run("aivault lock")).exitCode, 0);
          const { state, pid: still } = await agentStatus(session);
          assert.deepEqual([state, still], ["locked", pid]);
        }
        assert.deepEqual(await readdir(run(session)), ["agent.sock"]);
      },
    ),
  );

  it(
    "is ended by agent stop, and refuses to run beside another one",
    options,
    withForeground(
      async (session) => {
        const second = await session.run("aivault agent run --foreground");
        assert.equal(second.exitCode, 5, second.stderr);
        await session.check(`
        $ aivault agent stop
        the agent has ended

        $ aivault agent stop
        no agent runs
      `);
        assert.deepEqual(await readdir(run(session)), []);
      },
    ),
  );

  it(
    "needs its flag, since an agent in the background is started by unlock",
    options,
    () =>
      withLockedVault(async (session) => {
        await session.check(`
        $ aivault agent run
        ! aivault: run the agent: --foreground is needed
        ! hint: an agent in the background is started by: aivault unlock
        [2]
      `);
        assert.deepEqual(await agentsBelow(session.directory), []);
      }),
  );
});
