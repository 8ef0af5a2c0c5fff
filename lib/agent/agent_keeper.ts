/**
 * The agent as one of the places where a vault finds its key.
 *
 * @module
 */
import type { KekKeeper } from "../vault/keys/key_source.ts";
import { sameKekId } from "../vault/keys/kek.ts";
import { agentKek } from "./agent_kek.ts";
import { AgentClient } from "./client.ts";
import type { Clock } from "./clock.ts";
import type { Connector } from "./connection.ts";

/** Finds the key in the agent that `connect` reaches. */
export function agentKeeper(connect: Connector, clock: Clock): KekKeeper {
  return {
    async find(vaultId, kekId) {
      const client = new AgentClient(connect, clock);
      try {
        const held = (await client.status(kekId))?.held;
        if (held && held.vaultId === vaultId && sameKekId(held.kekId, kekId)) {
          return agentKek({ client, vaultId, kekId });
        }
      } catch (error) {
        client.close();
        throw error;
      }
      client.close();
      return undefined;
    },
    async moved(kekId) {
      const client = new AgentClient(connect, clock);
      try {
        await client.status(kekId);
      } finally {
        client.close();
      }
    },
  };
}
