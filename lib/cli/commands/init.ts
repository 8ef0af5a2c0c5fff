/**
 * `aivault init`
 *
 * @module
 */
import type { CliContext } from "../context.ts";
import { factLines } from "../facts.ts";
import { passphraseFlags } from "../flags.ts";
import { chosenProvider, keyOptions, type ProviderFlags, SHARED_KEY } from "../provider_flags.ts";
import { type CommandResult, hint } from "../report.ts";
import { openExisting, withProviders } from "../session.ts";
import { initialise } from "../make_vault.ts";
import { vaultExists } from "../../vault/init_vault.ts";

/** Makes a vault with the key provider that the flags name. */
export function init(context: CliContext, flags: ProviderFlags): Promise<CommandResult> {
  const attempted = "initialise the vault";
  return withProviders(context, passphraseFlags(flags), async (providers) => {
    const existing = await openExisting(context);
    await existing?.close();
    if (existing !== undefined) throw vaultExists();
    const provider = chosenProvider(context, providers, flags, attempted);
    const options = keyOptions(provider, providers, flags, attempted);
    const made = await initialise(context, provider, options, providers);
    if (made.adopted && provider.type !== "env") hint(context, SHARED_KEY);
    const { directory } = context.place;
    const { description, adopted } = made;
    return {
      text: factLines([
        ["initialised", directory],
        ["provider", provider.type],
        ["key", `${description}${adopted ? " (adopted)" : ""}`],
      ]),
      json: { directory, provider: provider.type, key: description, adopted },
    };
  });
}
