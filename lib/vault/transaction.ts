/**
 * A change of the vault and its audit events, together or not at all.
 *
 * @module
 */
import type { AuditEvent, AuditRow } from "./audit.ts";
import { auditMac, nextChainKey } from "./audit.ts";
import { wipe } from "../crypto/bytes.ts";
import type { KekHandle } from "./kek.ts";
import type { KeySource } from "./key_source.ts";
import type { Registry } from "./registry.ts";
import type { Store, StoreWriter, WriteOptions } from "./store.ts";
import { readVaultRow, type VaultRow } from "./vault_row.ts";

/** What every operation works with. */
export interface VaultState {
  /** Where the vault is kept. */
  readonly store: Store;
  /** Where its key comes from. */
  readonly keys: KeySource;
  /** Which names are claimed by which provider. */
  readonly registry: Registry;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
  /** Who acts, for the audit. */
  readonly actor: string;
}

/** One transaction under way. */
export interface Transaction {
  /** The store, for reading and writing. */
  readonly writer: StoreWriter;
  /** The vault's row as this transaction sees it. */
  readonly row: VaultRow;
  /** The time of the transaction. Milliseconds since 1970-01-01 UTC. */
  readonly nowMs: number;
  /** The vault's key. */
  key(): Promise<KekHandle>;
  /** Changes fields of the vault's row. */
  change(fields: Partial<VaultRow>): void;
  /** Records an event. */
  record(event: AuditEvent): Promise<void>;
}

/** Runs `work` in one transaction; it commits when `work` resolves, with all its events. */
export function transact<T>(
  state: Pick<VaultState, "store" | "keys" | "now" | "actor">,
  work: (transaction: Transaction) => Promise<T>,
  options?: WriteOptions,
): Promise<T> {
  return state.store.write(async (writer) => {
    const { actor, keys } = state;
    const nowMs = state.now();
    let row = await readVaultRow(writer);
    const before = row;
    const result = await work({
      writer,
      nowMs,
      get row() {
        return row;
      },
      key: () => keys.current(row),
      change(fields) {
        row = { ...row, ...fields };
      },
      async record(event) {
        const { chain, auditRow } = nextAuditRow(row, event, nowMs, actor);
        await writer.appendAudit(auditRow);
        if (row.auditKey !== before.auditKey) wipe(row.auditKey);
        row = { ...row, ...chain };
      },
    });
    if (row !== before) await writer.putVault({ ...row });
    return result;
  }, options);
}

/** The row that records `event` behind `row`'s chain, and the chain after it. */
export function nextAuditRow(
  row: Pick<VaultRow, "vaultId" | "auditSeq" | "auditKey">,
  event: AuditEvent,
  timeMs: number,
  actor: string,
): { auditRow: AuditRow; chain: Pick<VaultRow, "auditSeq" | "auditKey"> } {
  const { kind, secretId = "", scope = "", context = "", note = "", stateDigest = "" } = event;
  const seq = row.auditSeq + 1;
  const fields = { seq, timeMs, kind, actor, secretId, scope, context, note, stateDigest };
  const mac = auditMac(row.auditKey, row.vaultId, fields);
  return {
    auditRow: { ...fields, mac },
    chain: { auditSeq: seq, auditKey: nextChainKey(row.auditKey) },
  };
}
