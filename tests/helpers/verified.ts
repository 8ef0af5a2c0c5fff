/**
 * What a verification says, in short.
 *
 * @module
 */
import type { AuditFinding } from "../../lib/vault/audit/audit_finding.ts";
import type { AuditVerification } from "../../lib/vault/audit/verify_audit.ts";

/** A finding as `kind seq`, `kind seq-seq` or `kind name`. */
export function shortFinding(finding: AuditFinding): string {
  const { kind, seq, throughSeq, secretName, secretId } = finding;
  if (secretId !== null) return `${kind} ${secretName ?? secretId}`;
  return `${kind} ${throughSeq === null ? seq : `${seq}-${throughSeq}`}`;
}

/** All findings in short. */
export function shortFindings({ findings }: AuditVerification): string[] {
  return findings.map(shortFinding);
}
