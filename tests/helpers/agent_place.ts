/**
 * Agents without a key, in this process, on real sockets.
 *
 * @module
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AgentClient } from "../../lib/agent/client.ts";
import { KeyHolder } from "../../lib/agent/key_holder.ts";
import { AgentServer } from "../../lib/agent/server.ts";
import {
  agentConnector,
  listenAsAgent,
  type Listening,
} from "../../providers/host/agent_socket.ts";
import { socketConnection } from "../../providers/host/socket_connection.ts";
import { systemClock } from "../../providers/host/system_clock.ts";
import { withDirectory } from "./program.ts";
import { within } from "./within.ts";

/** An agent that listens. */
export interface Agent {
  readonly listening: Listening;
  close(): Promise<void>;
}

/** The agents that no test has closed yet. */
const living = new Set<Agent>();

/** An agent without a key, in this process; `pid` is what it says of itself. */
export async function listen(
  vaultDirectory: string,
  pid: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Agent | undefined> {
  const holder = new KeyHolder({ clock: systemClock, identity: { pid, version: "0" } });
  const server = new AgentServer(holder, systemClock);
  const place = { vaultDirectory, env: (name: string) => env[name] };
  const listening = await listenAsAgent(place, (socket) => {
    void server.serve(socketConnection(socket));
  });
  if (listening === undefined) return undefined;
  const agent = {
    listening,
    async close() {
      living.delete(agent);
      try {
        await listening.leave();
      } finally {
        server.close();
      }
    },
  };
  living.add(agent);
  return agent;
}

/** Which agent is found, by what it says of itself. */
export async function whoIsThere(vaultDirectory: string): Promise<number | undefined> {
  const client = new AgentClient(agentConnector(vaultDirectory), systemClock);
  try {
    return (await within("the agent's answer", client.status()))?.pid;
  } finally {
    client.close();
  }
}

/**
 * A vault's directory, which is removed afterwards; agents that a failed test has left are closed, for the process
 * waits for them.
 */
export const withVaultDirectory = (
  work: (directory: string) => Promise<void>,
  name = "vault",
): Promise<void> =>
  withDirectory(async (temporary) => {
    const directory = join(temporary, name);
    await mkdir(directory, { mode: 0o700 });
    try {
      await work(directory);
    } finally {
      for (const agent of living) await agent.close().catch(() => {});
    }
  });
