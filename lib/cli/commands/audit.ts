/**
 * `aivault audit`
 *
 * @module
 */
import type { CliContext } from "../context.ts";
import { eventDocument, eventTable } from "../describe.ts";
import type { UnlockFlags } from "../flags.ts";
import type { CommandResult } from "../report.ts";
import { checkKeyAtHand } from "../session.ts";
import { withStore } from "../with_store.ts";

/** Flags of `audit`. */
export interface AuditFlags extends UnlockFlags {
  readonly limit: number;
  readonly beforeTsMs?: number;
}

/** Lists events, newest first. A passphrase is not asked for: reading the audit needs no key. */
export function audit(context: CliContext, flags: AuditFlags): Promise<CommandResult> {
  const query = { limit: flags.limit, beforeMs: flags.beforeTsMs };
  return withStore(context, flags, async (store, providers) => {
    await checkKeyAtHand(store, providers);
    const rows = await store.read((reader) => reader.audit(query));
    return { text: eventTable(rows), json: { events: rows.map(eventDocument) } };
  });
}
