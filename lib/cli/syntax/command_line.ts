/**
 * The command line as it is parsed. Which commands and flags there are stands in the files beside this one.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import type { App } from "./app.ts";
import { refuseEmptyPaths } from "./empty_paths.ts";
import { addGroups } from "./groups.ts";
import { ORDERED_HELP } from "./help_order.ts";
import { refuseMisplacedFlags, usageError, useOwnWords } from "./usage.ts";

/**
 * Parses `args` and runs the command that they name.
 *
 * @param onJson Told, before the command runs, whether it was given `--json`.
 * @returns The exit code, if help was printed and nothing has run.
 * @throws {VaultError} `INVALID_INPUT` for a mistake in `args`, and what the command throws.
 */
export async function runCommandLine(
  app: App,
  args: readonly string[],
  onJson: (asJson: boolean) => void,
): Promise<number | undefined> {
  try {
    const program = await buildProgram(app, args);
    program.hook("preAction", (_, command) => {
      refuseMisplacedFlags(command);
      onJson(command.opts()["json"] === true);
    });
    await program.parseAsync([...args], { from: "user" });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

async function buildProgram(app: App, args: readonly string[]): Promise<Command> {
  const { context } = app;
  const program = new Command("aivault")
    .description(
      "An encrypted vault for the secrets of scripts and AI agents. Values go in and never come out.",
    )
    .version(
      context.version,
      "-V, --version",
      "print the version (with --json: commit, runtime and engine too)",
    )
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .configureHelp(ORDERED_HELP)
    // What follows a command is its own, also where the one above it has a flag of that name.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: () => {},
      getOutHasColors: () => context.stdout.hasColour,
      getErrHasColors: () => context.stderr.hasColour,
    })
    .addHelpText("after", HELP_AFTER);
  await addGroups(program, app, args);
  addHelp(program);
  // `help` at the top explains every command; groups have none of their own.
  for (const group of program.commands) group.helpCommand(false);
  refuseEmptyPaths(program);
  useOwnWords(program, args);
  return program;
}

const HELP_AFTER = `
Store a secret: printf %s "$KEY" | aivault secrets create --name OPENAI_API_KEY --value-file -

The vault is in ~/.aivault/data/vault, or in $AIVAULT_DIR; it is made when it is first needed.

Exit codes: 0 ok, 1 unexpected, 2 usage, 3 locked, 4 not found, 5 already exists, 6 wrong key,
7 integrity failure, 8 key provider unavailable, 9 busy, 10 access denied, 74 disk`;

function addHelp(program: Command): void {
  program.command("help").argument("[command...]", "such as: secrets create")
    .description("print help for a command")
    .action((names: readonly string[]) => {
      let found = program;
      for (const name of names) {
        const next = found.commands.find((command) => command.name() === name);
        if (next === undefined) throw usageError(found, "commander.unknownCommand", "", names);
        found = next;
      }
      found.outputHelp();
    });
}
