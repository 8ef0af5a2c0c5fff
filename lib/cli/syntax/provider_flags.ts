/**
 * The flags that choose a key provider and say how it keeps the key.
 *
 * @module
 */
import { type Command, Option } from "commander";
import type { KeyProviders } from "../../vault/keys/key_source.ts";
import type { CliContext } from "../context.ts";
import { defaultProvider } from "../default_provider.ts";
import { withUnlockFlags } from "./flags.ts";

/** Adds `--provider`, the options of every provider, `--json` and the flags of a passphrase. */
export async function withProviderFlags(
  command: Command,
  context: CliContext,
): Promise<Command> {
  const providers: KeyProviders = await context.keyProviders(() =>
    Promise.reject(new RangeError("no passphrase"))
  );
  const types = [...providers.keys()].join(", ");
  command.option(
    "--provider <type>",
    `where the key is kept: ${types} (default: ${defaultProvider(context)})`,
  );
  for (const [type, provider] of providers) {
    for (const { name, value, description } of provider.options) {
      const option = new Option(`--${name} ${value}`, description);
      command.addOption(option.helpGroup(`Provider ${type}:`));
    }
  }
  return withUnlockFlags(command);
}
