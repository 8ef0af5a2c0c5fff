/**
 * Mistakes on the command line, in this program's words.
 *
 * What was typed is not repeated, but for a flag's name: a value may have slipped into a wrong place.
 *
 * @module
 */
import type { Command, CommanderError } from "commander";
import { VaultError } from "../../errors.ts";

/** Makes `command` and those below it report a mistake as a {@linkcode VaultError}. */
export function useOwnWords(command: Command): void {
  command.exitOverride((error) => {
    const isHelp = error.exitCode === 0 || error.code === "commander.help";
    throw isHelp ? error : usageError(command, error.code, error.message);
  });
  for (const child of command.commands) useOwnWords(child);
}

/** The error for a mistake that the parser of `command` has found. */
export function usageError(
  command: Command,
  code: CommanderError["code"],
  message: string,
): VaultError {
  const hints = [`see what there is: ${pathOf(command)} --help`];
  const meant = /\n\(Did you mean ([a-z, -]+)\?\)$/.exec(message)?.[1];
  if (meant !== undefined) hints.unshift(`did you mean ${meant}?`);
  const takesValue = command.options.some((option) => option.long === "--value-file");
  if (code === "commander.unknownOption" && command.commands.length > 0) {
    hints.unshift("flags come after the command: aivault status --json");
  }
  if (code === "commander.excessArguments" && takesValue) {
    hints.unshift("a value is no argument: give it with --value-file <path|->, or be asked for it");
  }
  const problem = problemOf(code, message.replace(/^error: /, ""));
  return new VaultError("INVALID_INPUT", "read the command line", problem, { hints });
}

function problemOf(code: string, message: string): string {
  switch (code) {
    case "commander.unknownCommand":
      return "there is no such command";
    case "commander.unknownOption":
      return `there is no flag ${flagIn(message) ?? "like that"}`;
    case "commander.optionMissingArgument":
      return `${/^option '([^']+)'/.exec(message)?.[1] ?? "a flag"} needs its argument`;
    case "commander.missingArgument":
      return message.replace(/^missing required argument '([a-z-]+)'$/, "<$1> is missing");
    case "commander.excessArguments":
      return excessArguments(message);
    case "commander.invalidArgument":
      return invalidArgument(message);
    default:
      return "it cannot be understood";
  }
}

// The message goes on with the arguments themselves.
function excessArguments(message: string): string {
  const [, expected, got] = /Expected (\d+) arguments? but got (\d+)/.exec(message) ?? [];
  return expected === undefined
    ? "too many arguments"
    : `too many arguments: expected ${expected} but got ${got}`;
}

function flagIn(message: string): string | undefined {
  return /^unknown option '(--[a-z][a-z-]{0,40})(?:=|'(?:\n|$))/.exec(message)?.[1];
}

function invalidArgument(message: string): string {
  const [, flag, rule = ""] =
    /^option '([^']+)' argument '[^]*' is invalid\. ([^']+)$/.exec(message) ?? [];
  if (flag === undefined) return "an argument is not valid";
  const words = rule.charAt(0).toLowerCase() + rule.slice(1).replace(/\.$/, "");
  return `the argument of ${flag} is not valid: ${words}`;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
