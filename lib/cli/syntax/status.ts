/**
 * The command `aivault status`: its flags, and what runs for it.
 *
 * @module
 */
import type { Command } from "commander";
import { withCommonFlags } from "./flags.ts";
import type { App } from "./app.ts";

/** Adds `status` to `program`. */
export function addStatus(program: Command, { context, finish }: App): void {
  withCommonFlags(program.command("status"))
    .description("say where the vault is and whether its key is at hand")
    .action((flags) =>
      finish(import("../commands/status.ts").then((m) => m.status(context, flags)))
    );
}
