/**
 * Sessions of vaults with a passphrase, whose agents end with them.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { AgentClient } from "../../lib/agent/client.ts";
import { agentConnector } from "../../providers/host/agent_socket.ts";
import { systemClock } from "../../providers/host/system_clock.ts";
import { unboundCommand } from "./program.ts";
import { type Session, withSession } from "./session.ts";

/** Flags of `init` for a passphrase that is derived as cheaply as is allowed. */
export const CHEAP = "--argon2-memory 8 --argon2-iterations 1";

/** Runs `work` with a session, then ends every agent of a vault below its directory. */
export function withAgents(
  work: (session: Session) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  return withSession(
    async (session) => {
      try {
        await work(session);
      } finally {
        await stopAgents(session.directory);
      }
    },
    env,
    unboundCommand(),
  );
}

/** {@linkcode withAgents}, with a vault in `<dir>/vault` whose passphrase is `correct horse`. */
export function withLockedVault(
  work: (session: Session) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  return withAgents(async (session) => {
    const init = `aivault init --provider passphrase --passphrase-file - ${CHEAP}`;
    const { exitCode, stderr } = await session.run(init, "correct horse");
    assert.equal(exitCode, 0, stderr);
    await work(session);
  }, { AIVAULT_DIR: "<dir>/vault", ...env });
}

/** Unlocks the vault of {@linkcode withLockedVault}; `flags` as on the command line. */
export async function unlock(session: Session, flags = ""): Promise<void> {
  const command = `aivault unlock --passphrase-file - ${flags}`;
  const { exitCode, stderr } = await session.run(command, "correct horse");
  assert.equal(exitCode, 0, stderr);
}

/** Ends every agent of a vault below `directory`. */
export async function stopAgents(directory: string): Promise<void> {
  for (const vaultDirectory of await vaultsBelow(directory)) {
    const client = new AgentClient(agentConnector(vaultDirectory), systemClock);
    await client.lock("stop").catch(() => {});
    client.close();
  }
}

/** The directories below `directory` in which an agent has had its place. What vanishes meanwhile has none. */
async function vaultsBelow(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    if (entry.name === "run") found.push(directory);
    else found.push(...await vaultsBelow(join(directory, entry.name)));
  }
  return found;
}

/** What `agent status --json` shows. */
export interface ShownAgent {
  readonly state: string;
  readonly pid: number | null;
  readonly unlockedAtMs: number | null;
  readonly locksAtMs: number | null;
  readonly idleTimeoutMs: number | null;
  readonly maxAgeMs: number | null;
}

/** What `agent status --json` shows in `session`. */
export async function agentStatus(session: Session): Promise<ShownAgent> {
  return await session.json("aivault agent status --json") as ShownAgent;
}

/** The process of the agent in `session`. */
export async function agentPid(session: Session): Promise<number> {
  const { pid } = await agentStatus(session);
  assert.ok(pid !== null, "no agent runs");
  return pid;
}

/** The processes that are agents of a vault below `directory`, where the system lists processes as files. */
export async function agentsBelow(directory: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const read = (file: string) => readFile(`/proc/${name}/${file}`, "utf8").catch(() => "");
    if (!(await read("cmdline")).includes("\0agent\0run\0")) continue;
    if ((await read("environ")).includes(directory)) found.push(Number(name));
  }
  return found;
}

/** Whether a process of this id is there. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Sends SIGTERM to a child. Not by its own method: under Deno it then counts as killed, however it ends. */
export function endProcess(child: ChildProcess): void {
  if (child.pid !== undefined && child.exitCode === null) process.kill(child.pid, "SIGTERM");
}
