/**
 * The command `aivault doctor`: its flags, and what runs for it.
 *
 * @module
 */
import type { Command } from "commander";
import { withUnlockFlags } from "./flags.ts";
import type { App } from "./app.ts";

/** Adds `doctor` to `program`. */
export function addDoctorCommands(program: Command, { context, finish }: App): void {
  withUnlockFlags(program.command("doctor"))
    .description("examine the vault: its key, its files, every secret, the audit")
    .option("--fix", "mend what is safe to mend: modes of files, leftovers of dead processes")
    .action((flags) =>
      finish(import("../commands/doctor.ts").then((m) => m.doctor(context, flags)))
    );
}
