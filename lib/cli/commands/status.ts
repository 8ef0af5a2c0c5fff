/**
 * `aivault status`
 *
 * @module
 */
import { vaultInfo } from "../../vault/vault_info.ts";
import { providerOf } from "../../vault/keys/key_source.ts";
import { type Held, heldDocument, heldFacts, heldOf } from "../agent_facts.ts";
import type { CliContext } from "../context.ts";
import { describeTime, factLines } from "../facts.ts";
import type { CommonFlags } from "../flags.ts";
import type { CommandResult } from "../report.ts";
import { checkKey } from "../session.ts";
import { withStore } from "../with_store.ts";

/** Says where the vault is, which key it has and whether the key is at hand. A passphrase is not asked for. */
export function status(context: CliContext, flags: CommonFlags): Promise<CommandResult> {
  return withStore(context, flags, async (store, providers) => {
    const type = (await vaultInfo(store)).provider.type;
    const { needsPassphrase } = providerOf(providers, type);
    const failure = needsPassphrase
      ? undefined
      : await keyFailure(() => checkKey(store, providers));
    // Opening may have healed a lost key, so the vault is described as it is now.
    const info = await vaultInfo(store);
    const held = needsPassphrase ? await heldByAgent(context, info.kekId) : null;
    const locked = needsPassphrase && held === null;
    const state = failure !== undefined ? "unavailable" : locked ? "locked" : "unlocked";
    const description = providerOf(providers, info.provider.type).describe(info.provider);
    const { directory } = context.place;
    return {
      text: factLines([
        ["vault", directory],
        ["provider", `${info.provider.type} (${description})`],
        ["state", locked ? "locked (each command asks for the passphrase)" : state],
        ...heldFacts(held),
        ["secrets", String(info.secrets)],
        ["events", String(info.auditSeq)],
        ["key id", info.kekId],
        ["recovery", describeRecovery(info.recoveryCreatedAtMs)],
        ["created", describeTime(info.createdAtMs)],
      ]),
      json: { directory, state, ...heldDocument(held), ...info },
      failure,
    };
  });
}

// Only a vault with a passphrase has an agent.
async function heldByAgent(context: CliContext, kekId: string): Promise<Held> {
  const { statusOf } = await import("../agent_status.ts");
  return heldOf(await statusOf(context, kekId), kekId);
}

function describeRecovery(createdAtMs: number | null): string {
  return createdAtMs === null ? "no recovery key" : `key of ${describeTime(createdAtMs)}`;
}

async function keyFailure(check: () => Promise<void>): Promise<unknown> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return error;
  }
}
