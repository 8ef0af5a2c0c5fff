/**
 * Events about secrets.
 *
 * @module
 */
import type { AuditEvent, AuditKind } from "../audit/audit.ts";
import { describeScope } from "./scope.ts";
import type { SecretMetadata } from "./secret.ts";

/** An event about `secret`, as it is now. */
export function secretEvent(
  kind: AuditKind,
  secret: SecretMetadata,
  more: Pick<AuditEvent, "context" | "note" | "previousDigest" | "stateDigest">,
): AuditEvent {
  const { id, name, scope } = secret;
  return { kind, secretId: id, secretName: name, scope: describeScope(scope), ...more };
}
