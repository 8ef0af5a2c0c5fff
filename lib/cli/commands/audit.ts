/**
 * `aivault audit`
 *
 * @module
 */
import type { CliContext } from "../context.ts";
import { eventDocument, eventTable } from "../describe.ts";
import { passphraseFlags, type UnlockFlags } from "../flags.ts";
import type { CommandResult } from "../report.ts";
import { checkKeyAtHand, withProviders } from "../session.ts";
import { openOrInit } from "../open_or_init.ts";

/** Flags of `audit`. */
export interface AuditFlags extends UnlockFlags {
  readonly limit: number;
  readonly beforeTsMs?: number;
}

/** Lists events, newest first. A passphrase is not asked for: reading the audit needs no key. */
export function audit(context: CliContext, flags: AuditFlags): Promise<CommandResult> {
  const query = { limit: flags.limit, beforeMs: flags.beforeTsMs };
  return withProviders(context, passphraseFlags(flags), async (providers) => {
    const store = await openOrInit(context, providers);
    try {
      await checkKeyAtHand(store, providers);
      const rows = await store.read((reader) => reader.audit(query));
      return { text: eventTable(rows), json: { events: rows.map(eventDocument) } };
    } finally {
      await store.close();
    }
  });
}
