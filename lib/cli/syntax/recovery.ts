/**
 * The commands `aivault recovery …`: their flags, and what runs for each.
 *
 * @module
 */
import type { Command } from "commander";
import { withUnlockFlags } from "./flags.ts";
import { withProviderFlags } from "./provider_flags.ts";
import type { App } from "./app.ts";

const commands = () => import("../commands/recovery.ts");

/** Adds `recovery` and its commands to `program`. */
export async function addRecoveryCommands(
  program: Command,
  { context, finish }: App,
): Promise<void> {
  const group = program.command("recovery")
    .description("a second way to the vault's key, for when the first is lost");

  withUnlockFlags(group.command("create"))
    .description("make a recovery key; it is shown once, on the terminal")
    .option("--replace", "in the place of the one that there is")
    .option("--print", "print it on standard output, unasked")
    .action((flags) => finish(commands().then((m) => m.create(context, flags))));
  (await withProviderFlags(group.command("use"), context))
    .description("the vault's key is lost: give the vault a new one by its recovery key")
    .option(
      "--recovery-key-file <path>",
      "file that holds the recovery key, - for standard input; without it you are asked, hidden",
    )
    .action((flags) => finish(commands().then((m) => m.use(context, flags))));
  withUnlockFlags(group.command("revoke"))
    .description("take the recovery key away")
    .action((flags) => finish(commands().then((m) => m.revoke(context, flags))));
}
