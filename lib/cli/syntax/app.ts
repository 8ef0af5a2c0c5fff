/**
 * What the descriptions of commands are given.
 *
 * @module
 */
import type { CliContext } from "../context.ts";
import type { CommandResult } from "../report.ts";

/** One run of the program, as the commands' flags see it. */
export interface App {
  /** The world. */
  readonly context: CliContext;
  /** Reports what a command gives. A command is loaded only when it is the one that runs. */
  finish(result: Promise<CommandResult>): Promise<void>;
}
