/**
 * The program: from what was typed to an exit code.
 *
 * @module
 */
import type { CliContext } from "./context.ts";
import type { CommonFlags } from "./flags.ts";
import { type CommandResult, reportError, reportResult, say } from "./report.ts";
import type { App } from "./syntax/app.ts";

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
    const result = runUnparsed(context, args, { json: asJson });
    if (result !== undefined) {
      await app.finish(result);
      return exitCode;
    }
    const { runCommandLine } = await import("./syntax/command_line.ts");
    // The word may also be the value of a flag, or a name behind `--`.
    return await runCommandLine(app, args, (isFlag) => void (asJson = isFlag)) ?? exitCode;
  } catch (error) {
    if (context.env("AIVAULT_DEBUG") === "1") {
      const { traceLines } = await import("./trace.ts");
      for (const line of traceLines(error)) say(context, line);
    }
    return reportError(context, error, asJson);
  }
}

/** Runs what has no flag but `--json`, if that is what `args` are: the parser would be loaded for nothing. */
function runUnparsed(
  context: CliContext,
  args: readonly string[],
  flags: CommonFlags,
): Promise<CommandResult> | undefined {
  const [word, ...others] = args.filter((each) => each !== "--json");
  if (others.length > 0 || args.length > 2) return undefined;
  if (word === "-V" || word === "--version") {
    return import("./commands/version.ts").then((m) => m.version(context, flags));
  }
  // Flags stand behind the command.
  if (word === "status" && args[0] === word) {
    return import("./commands/status.ts").then((m) => m.status(context, flags));
  }
  return undefined;
}
