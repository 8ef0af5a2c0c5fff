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

/** An agent that listens. */
export interface Agent {
  readonly listening: Listening;
  close(): Promise<void>;
}

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
  return {
    listening,
    async close() {
      await listening.leave();
      server.close();
    },
  };
}

/** Which agent is found, by what it says of itself. */
export async function whoIsThere(vaultDirectory: string): Promise<number | undefined> {
  const client = new AgentClient(agentConnector(vaultDirectory), systemClock);
  try {
    return (await client.status())?.pid;
  } finally {
    client.close();
  }
}

/** A vault's directory, which is removed afterwards. */
export const withVaultDirectory = (
  work: (directory: string) => Promise<void>,
  name = "vault",
): Promise<void> =>
  withDirectory(async (temporary) => {
    const directory = join(temporary, name);
    await mkdir(directory, { mode: 0o700 });
    await work(directory);
  });
