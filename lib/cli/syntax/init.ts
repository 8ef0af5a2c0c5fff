/**
 * The command `aivault init`: its flags, and what runs for it.
 *
 * @module
 */
import type { Command } from "commander";
import { withProviderFlags } from "./provider_flags.ts";
import type { App } from "./app.ts";

/** Adds `init` to `program`. */
export async function addInit(program: Command, { context, finish }: App): Promise<void> {
  (await withProviderFlags(program.command("init"), context))
    .description("make a vault with the key provider of your choice")
    .action((flags) => finish(import("../commands/init.ts").then((m) => m.init(context, flags))));
}
