/**
 * The command `aivault audit` and those below it: their flags, and what runs for each.
 *
 * @module
 */
import type { Command } from "commander";
import {
  time,
  wholeNumber,
  withCommonFlags,
  withPassphraseFlags,
  withUnlockFlags,
} from "./flags.ts";
import type { App } from "./app.ts";

/** Adds `audit` to `program`. */
export function addAuditCommands(program: Command, { context, finish }: App): void {
  const command = program.command("audit").enablePositionalOptions()
    .description("list what happened, newest first")
    .option("--limit <n>", "at most so many events, up to 1000000", wholeNumber(1, 1_000_000), 50)
    .option(
      "--before-ts-ms <ms>",
      "only events before this time, in milliseconds since 1970",
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    );
  withCommonFlags(command)
    .action((flags) => finish(import("../commands/audit.ts").then((m) => m.audit(context, flags))));
  withUnlockFlags(command.command("verify"))
    .description("check that no event and no secret was changed behind the vault's back")
    .option("--head <seq:hash>", "also that the vault goes on from a head noted earlier")
    .action((flags) =>
      finish(import("../commands/audit_verify.ts").then((m) => m.auditVerify(context, flags)))
    );
  withCommonFlags(command.command("head"))
    .description("print SEQ:HASH of the newest event, to be noted elsewhere")
    .action((flags) =>
      finish(import("../commands/audit_verify.ts").then((m) => m.printHead(context, flags)))
    );
  withPassphraseFlags(command.command("export"))
    .description("print all events, oldest first and verified, a line of JSON each")
    .option("--jsonl", "as lines of JSON, which is the only form")
    .action((flags) =>
      finish(import("../commands/audit_export.ts").then((m) => m.auditExport(context, flags)))
    );
  withUnlockFlags(command.command("prune"))
    .description("remove old events, but for what secrets need; what stays can be verified")
    .option("--before <time>", "all events from before this time, such as 2027-01-31", time)
    .action((flags) =>
      finish(import("../commands/audit_prune.ts").then((m) => m.auditPrune(context, flags)))
    );
}
