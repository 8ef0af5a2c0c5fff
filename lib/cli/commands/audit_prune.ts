/**
 * `aivault audit prune`
 *
 * @module
 */
import { VaultError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { counted } from "../facts.ts";
import { passphraseFlags, type UnlockFlags } from "../flags.ts";
import { type CommandResult, hint } from "../report.ts";
import { withVault } from "../with_vault.ts";

/** Flags of `audit prune`. */
export interface AuditPruneFlags extends UnlockFlags {
  /** Milliseconds since 1970-01-01 UTC. */
  readonly before?: number;
}

/** Removes old events, but for what living secrets need. */
export function auditPrune(context: CliContext, flags: AuditPruneFlags): Promise<CommandResult> {
  const { before } = flags;
  if (before === undefined) {
    throw new VaultError("INVALID_INPUT", "prune the audit", "--before is needed", {
      hints: ["such as: aivault audit prune --before 2027-01-31"],
    });
  }
  return withVault(context, passphraseFlags(flags), async (vault) => {
    const pruned = await vault.pruneAudit(before);
    const { removed, kept, throughSeq, head } = pruned;
    if (throughSeq === 0) return { text: ["no event is that old"], json: { ...pruned } };
    hint(
      context,
      `heads from before event ${throughSeq} cannot be checked any more; note this one`,
    );
    const rest = kept === 0
      ? ""
      : kept === 1
      ? "; 1 stays, since a secret needs it"
      : `; ${kept} stay, since secrets need them`;
    return {
      text: [
        `removed ${counted(removed, "event")} up to event ${throughSeq}${rest}`,
        `head ${head}`,
      ],
      json: { ...pruned },
    };
  });
}
