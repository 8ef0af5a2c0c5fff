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
  const command = program.command("audit")
    .description("list what happened, newest first")
    .option("--limit <n>", "at most so many events, up to 1000000", wholeNumber(1, 1_000_000), 50)
    .option(
      "--before-ts-ms <ms>",
      "only events before this time, in milliseconds since 1970",
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    );
  withCommonFlags(command)
    .action((flags) => finish(import("../commands/audit.ts").then((m) => m.audit(context, flags))));
}
