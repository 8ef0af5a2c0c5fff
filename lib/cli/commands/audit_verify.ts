/**
 * `aivault audit verify` and `aivault audit head`
 *
 * @module
 */
import { VaultError } from "../../errors.ts";
import type { AuditFinding } from "../../vault/audit_finding.ts";
import { auditHead } from "../../vault/audit_head.ts";
import type { AuditVerification } from "../../vault/verify_audit.ts";
import type { CliContext } from "../context.ts";
import { type CommonFlags, passphraseFlags, type UnlockFlags } from "../flags.ts";
import type { CommandResult } from "../report.ts";
import { checkKeyAtHand, withProviders } from "../session.ts";
import { withVault } from "../with_vault.ts";
import { openOrInit } from "../open_or_init.ts";

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
  return withProviders(context, passphraseFlags(flags), async (providers) => {
    const store = await openOrInit(context, providers);
    try {
      await checkKeyAtHand(store, providers);
      const head = await auditHead(store);
      const [seq, hash] = head.split(":");
      return { text: [head], json: { head, seq: Number(seq), hash } };
    } finally {
      await store.close();
    }
  });
}

/** The error of a verification that found something; `undefined` if nothing is wrong. */
export function verificationFailure(verification: AuditVerification): VaultError | undefined {
  const { isIntact, findingCount } = verification;
  if (isIntact) return undefined;
  const problem = findingCount === 1
    ? "1 thing is not as it was recorded"
    : `${findingCount} things are not as they were recorded`;
  return new VaultError("INTEGRITY", "verify the audit", problem, {
    hints: ["do not trust what is named; restore the vault from a backup of before"],
  });
}

/** A finding for people. */
export function findingLine(finding: AuditFinding): string {
  return `${subjectOf(finding)}: ${finding.problem}`;
}

function subjectOf({ kind, seq, throughSeq, secretId, secretName }: AuditFinding): string {
  if (secretId !== null) return `secret ${secretName ?? "(name unknown)"} (${secretId})`;
  if (kind === "recovery-differs") return "recovery key";
  if (seq === null) return "store";
  return throughSeq === null ? `event ${seq}` : `events ${seq} to ${throughSeq}`;
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

function counted(count: number, thing: string): string {
  return count === 1 ? `1 ${thing}` : `${count} ${thing}s`;
}
