/** `agent run --started`: what `unlock` starts, given something else than the key by standard input. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import test from "node:test";
import { encodeFrame, MAX_FRAME } from "../../lib/agent/frame.ts";
import { encodeRequest } from "../../lib/agent/request.ts";
import { agentsBelow, withLockedVault } from "../helpers/agents.ts";
import { listFiles } from "../helpers/files.ts";
import { type Ended, ended, startCommand, unboundCommand } from "../helpers/program.ts";
import type { Session } from "../helpers/session.ts";
import { within } from "../helpers/within.ts";

const options = { timeout: 120_000 };

/** Starts what `unlock` starts. */
function startAgent(session: Session): ChildProcess {
  const command = [...unboundCommand(), "agent", "run", "--started"];
  return startCommand(command, { env: session.env, keepStdinOpen: true });
}

/** How it ends. */
async function endOf(agent: ChildProcess): Promise<Ended> {
  try {
    return await within("the end of the agent", ended(agent));
  } finally {
    agent.kill("SIGKILL");
  }
}

/** It ended with this problem, serves nobody and has left nothing. */
async function assertRefused(session: Session, run: Ended, problem: string): Promise<void> {
  const { outcome, ...report } = JSON.parse(run.stdout);
  assert.equal(outcome, "failed");
  assert.equal(report.problem, problem);
  assert.equal(report.attempted, "start the agent");
  assert.deepEqual(report.hints, ["it is started by: aivault unlock"]);
  assert.equal(run.exitCode, 1);
  assert.deepEqual(await agentsBelow(session.directory), []);
  assert.ok(!(await listFiles(session.directory)).some((file) => file.includes("agent.sock")));
}

test(
  "agent run --started reads no more than a frame may be, though standard input goes on",
  options,
  () =>
    withLockedVault(async (session) => {
      const agent = startAgent(session);
      // Never ended: it must not wait for the rest.
      for (let sent = 0; sent <= MAX_FRAME; sent += 10_000) {
        agent.stdin?.write(new Uint8Array(10_000));
      }
      const run = await endOf(agent);
      await assertRefused(session, run, "what it was given is longer than a key can be");
    }),
);

const NO_KEYS: Readonly<Record<string, Uint8Array>> = {
  "nothing": new Uint8Array(),
  "no frame": new Uint8Array(MAX_FRAME),
  "half a frame": encodeRequest({ op: "lock" }).slice(0, 5),
  "another request": encodeRequest({ op: "status", kekId: undefined }),
  "a frame of another version": encodeFrame({ version: 99, code: 4 }, []),
};

for (const [name, bytes] of Object.entries(NO_KEYS)) {
  test(
    `agent run --started that is given ${name} ends, and says so`,
    options,
    () =>
      withLockedVault(async (session) => {
        const agent = startAgent(session);
        agent.stdin?.end(bytes);
        const run = await within("the end of the agent", ended(agent));
        await assertRefused(session, run, "it was given no key");
      }),
  );
}
