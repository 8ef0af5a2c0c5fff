/**
 * Mistakes on the command line, in this program's words.
 *
 * What was typed is not repeated, but for a flag's name: a value may have slipped into a wrong place.
 *
 * @module
 */
import type { Command, CommanderError, Option } from "commander";
import { VaultError } from "../../errors.ts";

/**
 * Makes `command` and those below it report a mistake as a {@linkcode VaultError}.
 *
 * @param args What was typed.
 */
export function useOwnWords(command: Command, args: readonly string[]): void {
  command.exitOverride((error) => {
    const isHelp = error.exitCode === 0 || error.code === "commander.help";
    throw isHelp ? error : usageError(command, error.code, error.message, args);
  });
  for (const child of command.commands) useOwnWords(child, args);
}

/**
 * Refuses flags that were given to a command above `command`, which would go unheeded.
 *
 * @throws {VaultError} `INVALID_INPUT`
 */
export function refuseMisplacedFlags(command: Command): void {
  for (let above = command.parent; above !== null; above = above.parent) {
    const misplaced = above.options.find((option) =>
      above?.getOptionValueSource(option.attributeName()) === "cli"
    );
    if (misplaced === undefined) continue;
    const flag = misplaced.long ?? misplaced.flags;
    const own = command.options.find(({ long }) => long === flag);
    const problem = own === undefined
      ? `there is no flag ${flag}`
      : `${flag} stands before the command`;
    const after = own === undefined ? [] : [afterCommand(command, own)];
    throw new VaultError("INVALID_INPUT", "read the command line", problem, {
      hints: [...after, seeHelp(command)],
    });
  }
}

/** The error for a mistake that the parser of `command` has found. */
export function usageError(
  command: Command,
  code: CommanderError["code"],
  said: string,
  args: readonly string[],
): VaultError {
  const message = said.replace(/^error: /, "");
  const hints = [seeHelp(command)];
  const isOwn = isOwnFlag(command, flagIn(message));
  const meant = /\n\(Did you mean ([a-z, -]+)\?\)$/.exec(message)?.[1];
  const owner = code === "commander.unknownOption"
    ? findOwner(command, flagIn(message), args)
    : undefined;
  if (owner !== undefined) hints.unshift(owner);
  else if (meant !== undefined && !isOwn) hints.unshift(`did you mean ${meant}?`);
  const takesValue = command.options.some((option) => option.long === "--value-file");
  if (code === "commander.excessArguments" && takesValue) {
    hints.unshift("a value is no argument: give it with --value-file <path|->, or be asked for it");
  }
  const isGroup = command.commands.length > 0;
  const problem = isGroup && code === "commander.excessArguments"
    ? problemOf("commander.unknownCommand", "")
    : isOwn
    ? `${flagIn(message)} takes no argument`
    : problemOf(code, message);
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

// The parser does not know such a flag with an argument behind "=".
function isOwnFlag(command: Command, flag: string | undefined): boolean {
  return flag !== undefined && command.options.some(({ long }) => long === flag);
}

/** Where `flag` belongs, if it is one of a command below: that which was typed if there is one. */
function findOwner(
  command: Command,
  flag: string | undefined,
  args: readonly string[],
): string | undefined {
  const owners = below(command).flatMap((each) => {
    const option = each.options.find(({ long, hidden }) => long === flag && !hidden);
    return flag === undefined || option === undefined ? [] : [{ each, option }];
  });
  const typed = ({ each }: { each: Command }): number =>
    namesOf(each).filter((name) => args.includes(name)).length;
  const [owner] = owners.toSorted((a, b) => typed(b) - typed(a));
  if (owner === undefined) return undefined;
  return afterCommand(owner.each, owner.option, args.includes(owner.each.name()));
}

function below(command: Command): Command[] {
  return command.commands.flatMap((each) => [each, ...below(each)]);
}

function afterCommand(command: Command, option: Option, isTyped = true): string {
  const example = `${pathOf(command)} ${option.flags}`;
  return isTyped
    ? `flags come after the command: ${example}`
    : `flags come after a command that takes them, such as: ${example}`;
}

function seeHelp(command: Command): string {
  return `see what there is: ${pathOf(command)} --help`;
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
  if (flag !== undefined) return `the argument of ${flag} is not valid: ${asClause(rule)}`;
  const [, name, nameRule = ""] =
    /^command-argument value '[^]*' is invalid for argument '([a-z]+)'\. ([^']+)$/.exec(message) ??
      [];
  return name === undefined
    ? "an argument is not valid"
    : `<${name}> is not valid: ${asClause(nameRule)}`;
}

function asClause(rule: string): string {
  return rule.charAt(0).toLowerCase() + rule.slice(1).replace(/\.$/, "");
}

function pathOf(command: Command): string {
  return namesOf(command).join(" ");
}

function namesOf(command: Command): string[] {
  return [...command.parent === null ? [] : namesOf(command.parent), command.name()];
}
