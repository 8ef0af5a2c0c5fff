/**
 * What a verification of the audit found, as text and as an error.
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import type { AuditFinding } from "../vault/audit/audit_finding.ts";
import type { AuditVerification } from "../vault/audit/verify_audit.ts";

/** The error of a verification that found something; `undefined` if nothing is wrong. */
export function verificationFailure(verification: AuditVerification): VaultError | undefined {
  const { isIntact, findingCount } = verification;
  if (isIntact) return undefined;
  const problem = findingCount === 1
    ? "1 thing is not as it was recorded"
    : `${findingCount} things are not as they were recorded`;
  return new VaultError("INTEGRITY", "verify the audit", problem, {
    hints: ["do not trust what is named; restore the vault from an earlier backup"],
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
