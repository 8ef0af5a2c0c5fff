/**
 * Listing the audit.
 *
 * @module
 */
import { VaultError } from "../../errors.ts";
import type { AuditRow } from "./audit.ts";
import { isTime } from "../clock.ts";
import type { Store } from "../store.ts";

/** Which events are listed. */
export interface AuditOptions {
  /** At most so many: a whole number from 1. Default: 100. */
  readonly limit?: number | undefined;
  /** Only those older than this. Whole milliseconds since 1970-01-01 UTC. Default: all. */
  readonly beforeMs?: number | undefined;
}

const DEFAULT_LIMIT = 100;

/**
 * Audit rows, newest first.
 *
 * @throws {VaultError} `INVALID_INPUT`: stores differ in what they make of an impossible limit.
 */
export async function readAudit(
  { store }: { readonly store: Store },
  { limit = DEFAULT_LIMIT, beforeMs }: AuditOptions,
): Promise<AuditRow[]> {
  const attempted = "list the audit";
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new VaultError("INVALID_INPUT", attempted, "the limit is not a whole number from 1");
  }
  if (beforeMs !== undefined && !isTime(beforeMs)) {
    throw new VaultError("INVALID_INPUT", attempted, "the time is not one in milliseconds");
  }
  return await store.read((reader) => reader.audit({ limit, beforeMs }));
}
