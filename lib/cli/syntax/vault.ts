/**
 * The commands about the vault itself: their flags, and what runs for each.
 *
 * @module
 */
import type { Command } from "commander";
import { withCommonFlags, withUnlockFlags } from "../flags.ts";
import { withProviderFlags } from "../provider_flags.ts";
import { addLockCommands } from "./agent.ts";
import type { App } from "./app.ts";

/** Adds `status`, `init`, `unlock`, `lock` and `rotate-master` to `program`. */
export function addVaultCommands(program: Command, app: App): void {
  const { context, finish } = app;
  withCommonFlags(program.command("status"))
    .description("say where the vault is and whether its key is at hand")
    .action((flags) =>
      finish(import("../commands/status.ts").then((m) => m.status(context, flags)))
    );
  withProviderFlags(program.command("init"), context)
    .description("make a vault with the key provider of your choice")
    .action((flags) => finish(import("../commands/init.ts").then((m) => m.init(context, flags))));
  addLockCommands(program, app);
  addRotateMaster(program, app);
}

function addRotateMaster(program: Command, { context, finish }: App): void {
  const command = program.command("rotate-master")
    .description("wrap every secret's key by a new master key; values are not touched")
    .option("--new-key-file <path>", "file that holds the new key, - for standard input")
    .option("--new-key <base64>", "the new key (others can read it in the list of processes)")
    .option(
      "--new-passphrase-file <path>",
      "file that holds the new passphrase, - for standard input",
    )
    .option(
      "--new-passphrase <text>",
      "the new passphrase (others can read it in the list of processes)",
    )
    .addHelpText("after", ROTATE_HELP);
  withUnlockFlags(command).action((flags) =>
    finish(import("../commands/rotate_master.ts").then((m) => m.rotateMaster(context, flags)))
  );
}

const ROTATE_HELP = `
Without a --new-… flag the providers file and macos-keychain make a key, and passphrase asks for a
new passphrase. Provider env needs a key, and its variable has to be set to it afterwards. A
passphrase given to a vault of another provider makes it a passphrase vault.`;
