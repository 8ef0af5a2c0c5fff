/**
 * The command line. Which commands and flags there are stands in `syntax/`.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import type { CliContext } from "./context.ts";
import { ORDERED_HELP } from "./help_order.ts";
import { reportError, reportResult } from "./report.ts";
import { addGroups } from "./groups.ts";
import type { App } from "./syntax/app.ts";
import { traceLines } from "./trace.ts";
import { usageError, useOwnWords } from "./usage.ts";

/**
 * Runs the program with `args`, which are what follows the program's name.
 *
 * @returns The exit code.
 */
export async function run(context: CliContext, args: readonly string[]): Promise<number> {
  let exitCode = 0;
  // Whoever has mistyped a command gets the mistake as a document if there is the word anywhere.
  let asJson = args.includes("--json");
  const app: App = {
    context,
    async finish(result) {
      exitCode = reportResult(context, await result, asJson);
    },
  };
  try {
    if (asJson && isVersionQuery(args)) {
      const { version } = await import("./commands/version.ts");
      return reportResult(context, await version(context), asJson);
    }
    const program = await buildProgram(app, args);
    // The word may also be the value of a flag, or a name behind `--`.
    program.hook("preAction", (_, command) => void (asJson = command.opts()["json"] === true));
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (context.env("AIVAULT_DEBUG") === "1") {
      for (const line of traceLines(error)) context.stderr.write(`${line}\n`);
    }
    return reportError(context, error, asJson);
  }
}

function isVersionQuery(args: readonly string[]): boolean {
  return args.length === 2 && args.some((word) => word === "-V" || word === "--version");
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
  useOwnWords(program);
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
        if (next === undefined) throw usageError(found, "commander.unknownCommand", "");
        found = next;
      }
      found.outputHelp();
    });
}
