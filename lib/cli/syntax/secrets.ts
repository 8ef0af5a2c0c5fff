/**
 * The commands `aivault secrets …`: their flags, and what runs for each.
 *
 * @module
 */
import type { Command } from "commander";
import {
  collect,
  type ScopeHelp,
  scopeHelp,
  timeOrNever,
  withRefFlags,
  withScopeFlags,
  withUnlockFlags,
} from "./flags.ts";
import type { App } from "./app.ts";

const commands = () => import("../commands/secrets.ts");

/** Adds `secrets` and its commands to `program`. */
export function addSecretCommands(program: Command, app: App): void {
  const group = program.command("secrets")
    .description("create, list, change and delete secrets");
  addCreate(group, app);
  addReads(group, app);
  addChanges(group, app);
  addGroupChange(group, app, "attach", "let a group of a workspace use a secret too");
  addGroupChange(group, app, "detach", "take that away from a group again");
  addImport(group, app);
}

const OWNER = scopeHelp("To whom it belongs:");
const LOOKUP = scopeHelp("Where a name or alias is looked up (an id needs none of these):");

function addCreate(group: Command, { context, finish }: App): void {
  const command = group.command("create")
    .description("store a new secret; without a value flag the value is asked for, hidden")
    .argument("[name]", "the secret's name")
    .option("--name <name>", "the same as a flag");
  withValueFlags(command)
    .option("--alias <name>", "another name for it; may be repeated", collect);
  withUnlockFlags(withScopeFlags(withExpiryFlag(command), OWNER))
    .action((name, flags) => finish(commands().then((m) => m.create(context, name, flags))));
}

function addReads(group: Command, { context, finish }: App): void {
  const list = group.command("list").description("list secrets; never a value");
  withUnlockFlags(withScopeFlags(list, scopeHelp("Only those of one scope:", "global")))
    .action((flags) => finish(commands().then((m) => m.list(context, flags))));
  const show = group.command("show").description("show what is known of a secret; never its value");
  withUnlockFlags(withScopeFlags(withRefFlags(show), LOOKUP))
    .action((ref, flags) => finish(commands().then((m) => m.show(context, ref, flags))));
}

function addChanges(group: Command, { context, finish }: App): void {
  const update = group.command("update")
    .description("change a secret's name, aliases or expiry; what is not given stays");
  withRefFlags(update)
    .option("--name <name>", "the new name")
    .option("--alias <name>", "the aliases from now on, instead of all others; repeated", collect)
    .option("--clear-aliases", "take all aliases away");
  withUnlockFlags(withScopeFlags(withExpiryFlag(update), LOOKUP))
    .action((ref, flags) => finish(commands().then((m) => m.update(context, ref, flags))));
  const rotate = group.command("rotate")
    .description("give a secret a new value, asked for like that of create; the old one is gone");
  withUnlockFlags(withScopeFlags(withValueFlags(withRefFlags(rotate)), LOOKUP))
    .action((ref, flags) => finish(commands().then((m) => m.rotate(context, ref, flags))));
  const remove = group.command("delete")
    .description("delete a secret, without a question; its name is free again");
  withUnlockFlags(withScopeFlags(withRefFlags(remove), LOOKUP))
    .action((ref, flags) => finish(commands().then((m) => m.remove(context, ref, flags))));
}

const GROUP: ScopeHelp = {
  heading: "The group, and where the secret's name is looked up:",
  workspace: "the group's workspace (needed)",
  group: "the group (needed)",
  scope: "the secret is global (default), of that workspace or of that group; an id needs none",
};

function addGroupChange(
  group: Command,
  { context, finish }: App,
  change: "attach" | "detach",
  description: string,
): void {
  const command = group.command(`${change}-group`).description(description);
  withUnlockFlags(withScopeFlags(withRefFlags(command), GROUP))
    .action((ref, flags) =>
      finish(commands().then((m) => m.changeGroup(context, ref, flags, change)))
    );
}

function addImport(group: Command, { context, finish }: App): void {
  const command = group.command("import")
    .description("store many new secrets in one step, or none of them")
    .option(
      "--entry-file <path>",
      'file of NAME=VALUE lines, - for standard input; a name has no ", the value is what follows the first =,' +
        " as it is; empty lines and lines that begin with # are passed over",
    )
    .option(
      "--entry <NAME=VALUE>",
      "one secret; may be repeated (others can read it in the list of processes)",
      collect,
    );
  withUnlockFlags(withScopeFlags(command, OWNER))
    .action((flags) =>
      finish(import("../commands/import.ts").then((m) => m.importSecrets(context, flags)))
    );
}

function withExpiryFlag(command: Command): Command {
  return command.option(
    "--expires-at <time>",
    "deny every use from then on: a date, an ISO 8601 time with its offset, or never",
    timeOrNever,
  );
}

function withValueFlags(command: Command): Command {
  return command
    .option("--value-file <path>", "file that holds the value, - for standard input")
    .option("--value <text>", "the value (others can read it in the list of processes)");
}
