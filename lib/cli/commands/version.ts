/**
 * `aivault --version --json`
 *
 * @module
 */
import type { CliContext } from "../context.ts";
import type { CommandResult } from "../report.ts";

/** Says which build this is, and what runs it. */
export async function version(context: CliContext): Promise<CommandResult> {
  const build = await context.build();
  return { text: [build.version], json: { ...build } };
}
