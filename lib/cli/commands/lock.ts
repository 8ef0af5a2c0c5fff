/**
 * `aivault unlock` and `aivault lock`
 *
 * @module
 */
import { agentKeeper } from "../../agent/agent_keeper.ts";
import { handOver } from "../../agent/hand_over.ts";
import { wipe } from "../../crypto/bytes.ts";
import { hasLock } from "../../vault/keys/key_source.ts";
import { recordKeyless } from "../../vault/audit/record_keyless.ts";
import { takeKek } from "../../vault/keys/take_kek.ts";
import { vaultInfo } from "../../vault/vault_info.ts";
import { heldDocument, heldFacts } from "../agent_facts.ts";
import { statusOf, withAgent } from "../agent_status.ts";
import type { CliContext } from "../context.ts";
import { factLines } from "../facts.ts";
import type { CommonFlags, UnlockFlags } from "../flags.ts";
import { type CommandResult, hint } from "../report.ts";
import { ACTOR, checkKey } from "../session.ts";
import { withStore } from "../with_store.ts";

const NO_LOCK =
  "this vault is unlocked whenever its key provider is; there is nothing to lock or unlock";

/** Flags of `unlock`. */
export interface UnlockCommandFlags extends UnlockFlags {
  /** Milliseconds. */
  readonly idleTimeout?: number;
  /** Milliseconds. */
  readonly maxAge?: number;
}

/** Checks the passphrase, and gives the key to the vault's agent, which is started if there is none. */
export function unlock(context: CliContext, flags: UnlockCommandFlags): Promise<CommandResult> {
  return withStore(context, flags, async (store, providers) => {
    const { provider } = await vaultInfo(store);
    if (!hasLock(providers, provider.type)) {
      // A key that does not fit is reported here too.
      await checkKey(store, providers);
      hint(context, NO_LOCK);
      return { text: ["the key is at hand"], json: { state: "unlocked", lasts: "always" } };
    }
    const state = { store, now: Date.now, actor: ACTOR };
    const { vaultId, kek } = await takeKek(state, providers);
    const timeouts = { idleMs: flags.idleTimeout ?? 0, maxAgeMs: flags.maxAge ?? 0 };
    try {
      await handOver(context.agent, context.agent.clock, vaultId, kek, timeouts);
    } finally {
      wipe(kek);
    }
    // What other processes will do: through the agent, and settling a rotation that a dead process left behind.
    const keeper = agentKeeper(context.agent.connect, context.agent.clock);
    await checkKey(store, providers, keeper);
    const held = (await statusOf(context))?.held ?? null;
    return {
      text: factLines([["state", "unlocked"], ...heldFacts(held)]),
      json: { state: "unlocked", lasts: "agent", ...heldDocument(held) },
    };
  });
}

/** Makes the vault's agent wipe the key. */
export function lock(context: CliContext, flags: CommonFlags): Promise<CommandResult> {
  return withStore(context, flags, async (store, providers) => {
    // Also where nothing asks the agent: it may hold the key from before the vault had another provider.
    await withAgent(context, (client) => client.lock());
    const { provider } = await vaultInfo(store);
    if (!hasLock(providers, provider.type)) {
      await checkKey(store, providers);
      hint(context, NO_LOCK);
      return { text: ["not locked"], json: { state: "unlocked" } };
    }
    await recordKeyless({ store, now: Date.now, actor: ACTOR }, "vault.lock");
    return { text: ["locked"], json: { state: "locked" } };
  });
}
