/**
 * `aivault audit export`
 *
 * @module
 */
import type { CliContext } from "../context.ts";
import { eventDocument } from "../describe.ts";
import { passphraseFlags, type UnlockFlags } from "../flags.ts";
import { type CommandResult, printLine, say } from "../report.ts";
import { findingLine, verificationFailure } from "../verification.ts";
import { withVault } from "../with_vault.ts";

/** Prints every event, oldest first, a line of JSON each, and says at the end whether all is as it was recorded. */
export function auditExport(context: CliContext, flags: UnlockFlags): Promise<CommandResult> {
  const { stdout } = context;
  return withVault(context, passphraseFlags(flags), async (vault) => {
    const verification = await vault.verify({
      async onEvent(row, isVerified) {
        printLine(stdout, { ...eventDocument(row), isVerified });
        await stdout.drained();
      },
    });
    for (const finding of verification.findings) say(context, findingLine(finding));
    return { text: [], json: {}, failure: verificationFailure(verification) };
  });
}
