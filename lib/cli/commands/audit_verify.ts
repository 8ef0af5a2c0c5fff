/**
 * `aivault audit verify` and `aivault audit head`
 *
 * @module
 */
import { auditHead } from "../../vault/audit/audit_head.ts";
import type { AuditVerification } from "../../vault/audit/verify_audit.ts";
import type { CliContext } from "../context.ts";
import { counted } from "../facts.ts";
import { type CommonFlags, passphraseFlags, type UnlockFlags } from "../flags.ts";
import type { CommandResult } from "../report.ts";
import { checkKeyAtHand } from "../session.ts";
import { findingLine, verificationFailure } from "../verification.ts";
import { withVault } from "../with_vault.ts";
import { withStore } from "../with_store.ts";

/** Flags of `audit verify`. */
export interface AuditVerifyFlags extends UnlockFlags {
  readonly head?: string;
}

/** Verifies the events and the secrets, and lists all that is wrong. */
export function auditVerify(context: CliContext, flags: AuditVerifyFlags): Promise<CommandResult> {
  return withVault(context, passphraseFlags(flags), async (vault) => {
    await context.useNativeCipher();
    const verification = await vault.verify({ head: flags.head });
    return {
      text: verificationLines(verification),
      json: { ...verification },
      failure: verificationFailure(verification),
    };
  });
}

/** Prints the head, which needs no key. A passphrase is not asked for. */
export function printHead(context: CliContext, flags: CommonFlags): Promise<CommandResult> {
  return withStore(context, flags, async (store, providers) => {
    await checkKeyAtHand(store, providers);
    const head = await auditHead(store);
    const [seq, hash] = head.split(":");
    return { text: [head], json: { head, seq: Number(seq), hash } };
  });
}

function verificationLines(verification: AuditVerification): string[] {
  const { isIntact, events, secrets, fromSeq, head, findings, findingCount } = verification;
  const { keptEvents, unverifiableEvents } = verification;
  const notes: string[] = [];
  if (keptEvents > 0) {
    notes.push(
      `events before ${fromSeq} were pruned, and ${counted(keptEvents, "event")} of them kept`,
    );
  }
  if (unverifiableEvents > 0) {
    const count = counted(unverifiableEvents, "event");
    notes.push(
      `${count} before ${fromSeq} cannot be verified: the key they were made under is lost`,
    );
  }
  if (isIntact) {
    const count = `${counted(events - unverifiableEvents, "event")} and ${
      counted(secrets, "secret")
    }`;
    return [`verified ${count}: all is as it was recorded`, ...notes, `head ${head}`];
  }
  const more = findingCount - findings.length;
  return [...findings.map(findingLine), ...(more > 0 ? [`and ${more} more`] : []), ...notes];
}
