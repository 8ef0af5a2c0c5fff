/**
 * The commands `aivault backup …`: their flags, and what runs for each.
 *
 * @module
 */
import type { Command } from "commander";
import { withUnlockFlags } from "./flags.ts";
import type { App } from "./app.ts";

const commands = () => import("../commands/backup.ts");

/** Adds `backup` and its commands to `program`. */
export function addBackupCommands(program: Command, { context, finish }: App): void {
  const group = program.command("backup").description("make, prove and restore backups");

  withUnlockFlags(group.command("create").argument("<file>", "the new file"))
    .description("make a backup: a consistent copy, still encrypted")
    .action((file, flags) => finish(commands().then((m) => m.create(context, file, flags))));
  withKeyFlags(group.command("verify").argument("<file>", "the backup"))
    .description("prove that a backup is whole and every secret in it opens; nothing is changed")
    .action((file, flags) => finish(commands().then((m) => m.verify(context, file, flags))));
  withKeyFlags(group.command("restore").argument("<file>", "the backup"))
    .description("put a backup in the vault's place")
    .option("--force", "in the place of a vault, which is kept aside")
    .action((file, flags) => finish(commands().then((m) => m.restore(context, file, flags))));
}

function withKeyFlags(command: Command): Command {
  return withUnlockFlags(command)
    .option("--key-file <path>", "file that holds the key it was made under, - for standard input")
    .option("--recovery-key", "open it with the recovery key of that time; you are asked, hidden")
    .option("--recovery-key-file <path>", "file that holds it, - for standard input");
}
