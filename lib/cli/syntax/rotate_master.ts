/**
 * The command `aivault rotate-master`: its flags, and what runs for it.
 *
 * @module
 */
import type { Command } from "commander";
import { withUnlockFlags } from "./flags.ts";
import type { App } from "./app.ts";

/** Adds `rotate-master` to `program`. */
export function addRotateMaster(program: Command, { context, finish }: App): void {
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
