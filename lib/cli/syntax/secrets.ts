/**
 * The commands `aivault secrets …`: their flags, and what runs for each.
 *
 * @module
 */
import type { Command } from "commander";
import { collect, timeOrNever, withRefFlags, withScopeFlags, withUnlockFlags } from "../flags.ts";
import type { App } from "./app.ts";

const commands = () => import("../commands/secrets.ts");

/** Adds `secrets` and its commands to `program`. */
export function addSecretCommands(program: Command, { context, finish }: App): void {
  const group = program.command("secrets").description("create, list, change and delete secrets");

  withUnlockFlags(withScopeFlags(withAliasFlags(withValueFlags(
    group.command("create").argument("[name]", "the secret's name").option(
      "--name <name>",
      "the same as a flag",
    ),
  ))))
    .description("store a new secret; without a value flag it is asked for, hidden")
    .action((name, flags) => finish(commands().then((m) => m.create(context, name, flags))));
  withUnlockFlags(withScopeFlags(group.command("list")))
    .description("list secrets, of one scope or all")
    .action((flags) => finish(commands().then((m) => m.list(context, flags))));
  withRefFlags(group.command("show"))
    .description("show what is known of a secret; never its value")
    .action((ref, flags) => finish(commands().then((m) => m.show(context, ref, flags))));
  withAliasFlags(withRefFlags(group.command("update")))
    .option("--name <name>", "the new name")
    .option("--clear-aliases", "take all aliases away")
    .description("change a secret's name, aliases (all of them) or expiry")
    .action((ref, flags) => finish(commands().then((m) => m.update(context, ref, flags))));
  withValueFlags(withRefFlags(group.command("rotate")))
    .description("give a secret a new value; the old one is gone")
    .action((ref, flags) => finish(commands().then((m) => m.rotate(context, ref, flags))));
  withRefFlags(group.command("delete"))
    .description("delete a secret; its name is free again")
    .action((ref, flags) => finish(commands().then((m) => m.remove(context, ref, flags))));
  for (const change of ["attach", "detach"] as const) {
    withRefFlags(group.command(`${change}-group`))
      .description(
        change === "attach"
          ? "let the group --workspace-id/--group-id use a secret"
          : "take that away from the group --workspace-id/--group-id",
      )
      .action((ref, flags) =>
        finish(commands().then((m) => m.changeGroup(context, ref, flags, change)))
      );
  }
  withUnlockFlags(withScopeFlags(group.command("import")))
    .description("store many new secrets in one step, or none of them")
    .option(
      "--entry-file <path>",
      "file of NAME=VALUE lines, - for standard input; # begins a comment line",
    )
    .option(
      "--entry <NAME=VALUE>",
      "one secret; may be repeated (others can read it in the list of processes)",
      collect,
    )
    .action((flags) =>
      finish(import("../commands/import.ts").then((m) => m.importSecrets(context, flags)))
    );
}

function withAliasFlags(command: Command): Command {
  return command
    .option("--alias <name>", "another name; may be repeated", collect)
    .option(
      "--expires-at <time>",
      "deny every use from then on: an ISO 8601 time, or never",
      timeOrNever,
    );
}

function withValueFlags(command: Command): Command {
  return command
    .option("--value-file <path>", "file that holds the value, - for standard input")
    .option("--value <text>", "the value (others can read it in the list of processes)");
}
