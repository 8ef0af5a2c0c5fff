/**
 * Paths on the command line.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";

/**
 * Has `command`, and those below it, refuse an empty path: it is that of a variable that is not set, and what the
 * platforms make of it differs.
 */
export function refuseEmptyPaths(command: Command): void {
  for (const option of command.options) {
    if (option.flags.endsWith(" <path>")) option.argParser(pathOf);
  }
  for (const argument of command.registeredArguments) {
    if (argument.name() === "file") argument.argParser(pathOf);
  }
  command.commands.forEach(refuseEmptyPaths);
}

function pathOf(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It must not be empty.");
}
