/**
 * Asking the vault's agent how things stand.
 *
 * @module
 */
import type { AgentStatus } from "../agent/answer.ts";
import { AgentClient } from "../agent/client.ts";
import { heldOf } from "./agent_facts.ts";
import type { CliContext } from "./context.ts";

/** Runs `work` with a client of the vault's agent. */
export async function withAgent<T>(
  { agent }: CliContext,
  work: (client: AgentClient) => Promise<T>,
): Promise<T> {
  const client = new AgentClient(agent.connect, agent.clock);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/**
 * How things stand with the vault's agent; `undefined` if there is none. It extends no timeout.
 *
 * @param kekId The one that the vault has now.
 */
export async function statusOf(
  context: CliContext,
  kekId?: string,
): Promise<AgentStatus | undefined> {
  return await withAgent(context, (client) => client.status(kekId));
}

/** Makes the agent wipe a key that is not `kekId`: the vault has this one now, and the other serves nothing. */
export async function dropOtherKey(context: CliContext, kekId: string): Promise<void> {
  try {
    await withAgent(context, async (client) => {
      const status = await client.status(kekId);
      if (status !== undefined && status.held !== null && heldOf(status, kekId) === null) {
        await client.lock();
      }
    });
  } catch {
    // What was done is done: an agent that does not answer serves nobody, and doctor reports it.
  }
}
