/**
 * From a command to an open vault.
 *
 * @module
 */
import { agentKeeper } from "../agent/agent_keeper.ts";
import type { KekKeeper, KeyProviders } from "../vault/keys/key_source.ts";
import { Vault } from "../vault/vault.ts";
import type { CliContext } from "./context.ts";
import type { PassphraseFlags } from "./inputs.ts";
import { openOrInit } from "./with_store.ts";
import { ACTOR, withProviders } from "./session.ts";

/**
 * Runs `work` with the vault open and its key at hand; makes a vault first if there is none. The agent is asked for
 * the key unless a flag gives the passphrase.
 */
export async function withVault<T>(
  context: CliContext,
  flags: PassphraseFlags,
  work: (vault: Vault, providers: KeyProviders) => Promise<T>,
): Promise<T> {
  return await withProviders(context, flags, async (providers) => {
    const store = await openOrInit(context, providers);
    let vault: Vault | undefined;
    try {
      vault = await Vault.open({
        store,
        providers,
        keeper: keeperFor(context, flags),
        actor: ACTOR,
      });
      return await work(vault, providers);
    } finally {
      await (vault ?? store).close();
    }
  });
}

/** Where a key that needs a passphrase is looked for first: the agent, unless a flag gives the passphrase. */
export function keeperFor(context: CliContext, { unlock }: PassphraseFlags): KekKeeper {
  const keeper = agentKeeper(context.agent.connect, context.agent.clock);
  const givesPassphrase = unlock.text !== undefined || unlock.file !== undefined;
  // It is told of a rotation all the same.
  return givesPassphrase ? { ...keeper, find: () => Promise.resolve(undefined) } : keeper;
}
