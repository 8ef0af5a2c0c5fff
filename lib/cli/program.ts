/**
 * The command line: which commands and flags there are, and what runs for each.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import type { KeyProviders } from "../vault/key_source.ts";
import { audit } from "./commands/audit.ts";
import { importSecrets } from "./commands/import.ts";
import { defaultProvider, init } from "./commands/init.ts";
import { lock, unlock } from "./commands/lock.ts";
import { rotateMaster } from "./commands/rotate_master.ts";
import * as secrets from "./commands/secrets.ts";
import { status } from "./commands/status.ts";
import type { CliContext } from "./context.ts";
import {
  collect,
  timeOrNever,
  wholeNumber,
  withCommonFlags,
  withRefFlags,
  withScopeFlags,
  withUnlockFlags,
} from "./flags.ts";
import { type CommandResult, reportError, reportResult } from "./report.ts";
import { usageError, useOwnWords } from "./usage.ts";

/**
 * Runs the program with `args`, which are what follows the program's name.
 *
 * @returns The exit code.
 */
export async function run(context: CliContext, args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const asJson = args.includes("--json");
  const program = buildProgram(context, async (result) => {
    exitCode = reportResult(context, await result, asJson);
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (context.env("AIVAULT_DEBUG") === "1" && error instanceof Error) {
      context.stderr.write(`${error.stack}\n`);
    }
    return reportError(context, error, asJson);
  }
}

type Finish = (result: CommandResult | Promise<CommandResult>) => Promise<void>;

function buildProgram(context: CliContext, finish: Finish): Command {
  const program = new Command("aivault")
    .description(
      "An encrypted vault for the secrets of scripts and AI agents. Values go in and never come out.",
    )
    .version(context.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: () => {},
      getOutHasColors: () => context.stdout.hasColour,
      getErrHasColors: () => context.stderr.hasColour,
    })
    .addHelpText("after", HELP_AFTER);
  addVaultCommands(program, context, finish);
  addSecretCommands(program, context, finish);
  addHelp(program);
  useOwnWords(program);
  return program;
}

const HELP_AFTER = `
Store a secret: printf %s "$KEY" | aivault secrets create --name OPENAI_API_KEY --value-file -

The vault is in ~/.aivault/data/vault, or in $AIVAULT_DIR; it is made when it is first needed.

Exit codes: 0 ok, 1 unexpected, 2 usage, 3 locked, 4 not found, 5 already exists, 6 wrong key,
7 integrity failure, 8 key provider unavailable, 9 busy, 10 access denied, 74 disk`;

function addVaultCommands(program: Command, context: CliContext, finish: Finish): void {
  withUnlockFlags(program.command("status"))
    .description("say where the vault is and whether its key is at hand")
    .action((flags) => finish(status(context, flags)));
  addInit(program, context, finish);
  withUnlockFlags(program.command("unlock"))
    .description("check the passphrase (lasts for this process only)")
    .action((flags) => finish(unlock(context, flags)));
  withCommonFlags(program.command("lock"))
    .description("say that no process keeps the key")
    .action((flags) => finish(lock(context, flags)));
  withUnlockFlags(program.command("rotate-master"))
    .description("wrap every secret's key by a new master key; values are not touched")
    .option("--new-key <base64>", "the new key (others can read it in the list of processes)")
    .option("--new-key-file <path>", "file that holds the new key, - for standard input")
    .option(
      "--new-passphrase <text>",
      "switch to this passphrase (others can read it in the list of processes)",
    )
    .option(
      "--new-passphrase-file <path>",
      "file that holds the new passphrase, - for standard input",
    )
    .action((flags) => finish(rotateMaster(context, flags)));
  withCommonFlags(program.command("audit"))
    .description("list what happened, newest first")
    .option("--limit <n>", "at most so many events", wholeNumber(1, 1_000_000), 50)
    .option(
      "--before-ts-ms <ms>",
      "only events before this time",
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .action((flags) => finish(audit(context, flags)));
}

function addInit(program: Command, context: CliContext, finish: Finish): void {
  const providers: KeyProviders = context.keyProviders(() =>
    Promise.reject(new RangeError("no passphrase"))
  );
  const types = [...providers.keys()].join(", ");
  const command = program.command("init")
    .description("make a vault with the key provider of your choice")
    .option(
      "--provider <type>",
      `where the key is kept: ${types} (default: ${defaultProvider(context)})`,
    );
  for (const [type, provider] of providers) {
    for (const { name, value, description } of provider.options) {
      command.option(`--${name} ${value}`, `${type}: ${description}`);
    }
  }
  withUnlockFlags(command).action((flags) => finish(init(context, flags)));
}

function addHelp(program: Command): void {
  program.command("help").argument("[command...]", "such as: secrets create")
    .description("print help for a command")
    .action((names: readonly string[]) => {
      let found = program;
      for (const name of names) {
        const next = found.commands.find((command) => command.name() === name);
        if (next === undefined) throw usageError(found, "commander.unknownCommand", "");
        found = next;
      }
      found.outputHelp();
    });
}

function addSecretCommands(program: Command, context: CliContext, finish: Finish): void {
  const group = program.command("secrets").description("create, list, change and delete secrets");
  const aliases = (command: Command): Command =>
    command
      .option("--alias <name>", "another name; may be repeated", collect)
      .option(
        "--expires-at <time>",
        "deny every use from then on: an ISO 8601 time, or never",
        timeOrNever,
      );
  const value = (command: Command): Command =>
    command
      .option("--value-file <path>", "file that holds the value, - for standard input")
      .option("--value <text>", "the value (others can read it in the list of processes)");

  withUnlockFlags(withScopeFlags(aliases(value(
    group.command("create").argument("[name]", "the secret's name").option(
      "--name <name>",
      "the same as a flag",
    ),
  ))))
    .description("store a new secret; without a value flag it is asked for, hidden")
    .action((name, flags) => finish(secrets.create(context, name, flags)));
  withUnlockFlags(withScopeFlags(group.command("list")))
    .description("list secrets, of one scope or all")
    .action((flags) => finish(secrets.list(context, flags)));
  withRefFlags(group.command("show"))
    .description("show what is known of a secret; never its value")
    .action((ref, flags) => finish(secrets.show(context, ref, flags)));
  aliases(withRefFlags(group.command("update")))
    .option("--name <name>", "the new name")
    .option("--clear-aliases", "take all aliases away")
    .description("change a secret's name, aliases (all of them) or expiry")
    .action((ref, flags) => finish(secrets.update(context, ref, flags)));
  value(withRefFlags(group.command("rotate")))
    .description("give a secret a new value; the old one is gone")
    .action((ref, flags) => finish(secrets.rotate(context, ref, flags)));
  withRefFlags(group.command("delete"))
    .description("delete a secret; its name is free again")
    .action((ref, flags) => finish(secrets.remove(context, ref, flags)));
  for (const change of ["attach", "detach"] as const) {
    withRefFlags(group.command(`${change}-group`))
      .description(
        change === "attach"
          ? "let the group --workspace-id/--group-id use a secret"
          : "take that away from the group --workspace-id/--group-id",
      )
      .action((ref, flags) => finish(secrets.changeGroup(context, ref, flags, change)));
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
    .action((flags) => finish(importSecrets(context, flags)));
}
