/**
 * `aivault --version`
 *
 * @module
 */
import type { CliContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import type { CommandResult } from "../report.ts";

/** Says which version this is; a document says which build, and what runs it. */
export async function version(context: CliContext, flags: CommonFlags): Promise<CommandResult> {
  const json = flags.json === true ? { ...await context.build() } : {};
  return { text: [context.version], json };
}
