/**
 * The command `aivault audit`: its flags, and what runs for it.
 *
 * @module
 */
import type { Command } from "commander";
import { wholeNumber, withCommonFlags } from "../flags.ts";
import type { App } from "./app.ts";

/** Adds `audit` to `program`. */
export function addAuditCommands(program: Command, { context, finish }: App): void {
  withCommonFlags(program.command("audit"))
    .description("list what happened, newest first")
    .option("--limit <n>", "at most so many events", wholeNumber(1, 1_000_000), 50)
    .option(
      "--before-ts-ms <ms>",
      "only events before this time",
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .action((flags) => finish(import("../commands/audit.ts").then((m) => m.audit(context, flags))));
}
