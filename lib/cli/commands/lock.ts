/**
 * `aivault unlock` and `aivault lock`
 *
 * @module
 */
import { providerOf } from "../../vault/key_source.ts";
import { vaultInfo } from "../../vault/vault.ts";
import type { CliContext } from "../context.ts";
import { type CommonFlags, passphraseFlags, type UnlockFlags } from "../flags.ts";
import { type CommandResult, hint } from "../report.ts";
import { checkKey, openOrInit, withProviders, withVault } from "../session.ts";

const NO_LOCK =
  "this vault is unlocked whenever its key provider is; there is nothing to lock or unlock";

/** Checks the key. Without an agent that keeps it, that lasts for this process only, and is said. */
export function unlock(context: CliContext, flags: UnlockFlags): Promise<CommandResult> {
  return withVault(context, passphraseFlags(flags), async (vault, providers) => {
    const { provider } = await vault.info();
    if (!providerOf(providers, provider.type).needsPassphrase) {
      hint(context, NO_LOCK);
      return { text: ["the key is at hand"], json: { state: "unlocked", lasts: "always" } };
    }
    await vault.recordLock("vault.unlock");
    hint(context, "unlocking lasts for one process only: every command asks for the passphrase");
    return { text: ["the passphrase is right"], json: { state: "locked", lasts: "process" } };
  });
}

/** Says that nothing is kept unlocked between processes. */
export function lock(context: CliContext, flags: CommonFlags): Promise<CommandResult> {
  return withProviders(context, passphraseFlags(flags), async (providers) => {
    const store = await openOrInit(context, providers);
    try {
      const { provider } = await vaultInfo(store);
      const locks = providerOf(providers, provider.type).needsPassphrase;
      // A key that does not fit is reported here too.
      if (!locks) await checkKey(store, providers);
      if (!locks) hint(context, NO_LOCK);
      return {
        text: [locks ? "locked: no process keeps the key" : "not locked"],
        json: { state: locks ? "locked" : "unlocked" },
      };
    } finally {
      await store.close();
    }
  });
}
