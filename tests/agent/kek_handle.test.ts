/** One contract for the key handle of this process and for that of the agent. */
import { agentKek } from "../../lib/agent/agent_kek.ts";
import { holdKek, kekIdOf } from "../../lib/vault/keys/kek.ts";
import { kekHandleContract } from "../contract/kek_handle.ts";
import { agentWorld, VAULT_ID } from "../helpers/agent_world.ts";
import { KEK } from "../helpers/vaults.ts";

kekHandleContract("holdKek()", () => {
  return Promise.resolve({ handle: holdKek(KEK, VAULT_ID), vaultId: VAULT_ID });
});

kekHandleContract("agentKek()", async () => {
  const world = await agentWorld();
  const kekId = kekIdOf(KEK, VAULT_ID);
  const handle = agentKek({ client: world.client(), vaultId: VAULT_ID, kekId });
  return { handle, vaultId: VAULT_ID, dispose: () => world.server.close() };
});
