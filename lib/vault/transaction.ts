/**
 * A change of the vault and its audit events, together or not at all.
 *
 * @module
 */
import { timeOf } from "./clock.ts";
import {
  type AuditChain,
  type AuditEvent,
  type AuditFields,
  auditMac,
  auditProof,
  type AuditRow,
  needsProof,
  nextChainKey,
} from "./audit/audit.ts";
import { KEY_LENGTH } from "../crypto/aead.ts";
import { randomBytes, wipe } from "../crypto/bytes.ts";
import { HmacKey } from "../crypto/kdf.ts";
import type { KekHandle } from "./keys/kek.ts";
import type { KeySource } from "./keys/key_source.ts";
import {
  descriptionMac,
  openProofKeys,
  ProofKeys,
  sealPastProofKey,
  sealProofKey,
} from "./audit/proof_key.ts";
import type { Registry } from "./registry.ts";
import type { Store, StoreWriter, WriteOptions } from "./store.ts";
import { editedVault, readVaultRow, type VaultRow } from "./vault_row.ts";

/** Where, when and who. */
export interface KeylessState {
  /** Where the vault is kept. */
  readonly store: Store;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
  /** Who acts, for the audit. */
  readonly actor: string;
}

/** What a transaction works with. */
export interface TransactionState extends KeylessState {
  /** Where the vault's key comes from. */
  readonly keys: KeySource;
}

/** What every operation works with. */
export interface VaultState extends TransactionState {
  /** Which names are claimed by which provider. */
  readonly registry: Registry;
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
  /** The keys of the audit's proofs, which the transaction wipes. Opening them proves the vault's row. */
  proofKeys(): Promise<ProofKeys>;
  /**
   * Changes fields of the vault's row, which is proven before and bound after.
   *
   * @param under The KEK from now on, if it changes; the proof key changes with it.
   * @param isLost Whether the present KEK is lost, and with it all earlier proofs.
   */
  revise(fields: Partial<VaultRow>, under?: KekHandle, isLost?: boolean): Promise<void>;
  /** Records an event. */
  record(event: AuditEvent): Promise<void>;
}

/** Runs `work` in one transaction; it commits when `work` resolves, with all its events. */
export function transact<T>(
  state: TransactionState,
  work: (transaction: Transaction) => Promise<T>,
  options?: WriteOptions,
): Promise<T> {
  return state.store.write(async (writer) => {
    const before = await readVaultRow(writer);
    const running = new RunningTransaction(state, writer, before, timeOf(state.now));
    try {
      const result = await work(running);
      if (running.row !== before) await writer.putVault({ ...running.row });
      return result;
    } finally {
      running.wipe();
    }
  }, options);
}

class RunningTransaction implements Transaction {
  readonly writer: StoreWriter;
  readonly nowMs: number;
  readonly #state: Pick<TransactionState, "keys" | "actor">;
  readonly #firstAuditKey: Uint8Array;
  #row: VaultRow;
  #proofKeys: ProofKeys | undefined;

  constructor(
    state: Pick<TransactionState, "keys" | "actor">,
    writer: StoreWriter,
    row: VaultRow,
    nowMs: number,
  ) {
    this.#state = state;
    this.writer = writer;
    this.#row = row;
    this.#firstAuditKey = row.auditKey;
    this.nowMs = nowMs;
  }

  get row(): VaultRow {
    return this.#row;
  }

  key(): Promise<KekHandle> {
    return this.#state.keys.current(this.#row);
  }

  async proofKeys(): Promise<ProofKeys> {
    return this.#proofKeys ??= await openProofKeys(await this.key(), this.#row);
  }

  async revise(fields: Partial<VaultRow>, under?: KekHandle, isLost = false): Promise<void> {
    if (under !== undefined) await this.#renewProofKey(under, isLost);
    const { present } = await this.proofKeys();
    const row = { ...this.#row, ...fields };
    this.#row = { ...row, descriptionMac: descriptionMac(present, row) };
  }

  async #renewProofKey(under: KekHandle, isLost: boolean): Promise<void> {
    const { vaultId, auditSeq, pastProofKeys } = this.#row;
    const before = isLost ? undefined : await this.proofKeys();
    const next = randomBytes(KEY_LENGTH);
    const past = before === undefined
      ? []
      : [sealPastProofKey(next, vaultId, before.present, auditSeq), ...pastProofKeys];
    const auditProofKey = await sealProofKey(under, vaultId, next);
    this.#proofKeys?.wipe();
    this.#row = { ...this.#row, auditProofKey, pastProofKeys: past };
    this.#proofKeys = new ProofKeys(next, this.#row);
  }

  async record(event: AuditEvent): Promise<void> {
    const proofKey = needsProof(event.kind) ? (await this.proofKeys()).prepared : undefined;
    const { actor } = this.#state;
    const { chain, auditRow } = nextAuditRow(this.#row, event, this.nowMs, actor, proofKey);
    await this.writer.appendAudit(auditRow);
    if (this.#row.auditKey !== this.#firstAuditKey) wipe(this.#row.auditKey);
    this.#row = { ...this.#row, ...chain };
  }

  wipe(): void {
    this.#proofKeys?.wipe();
  }
}

/** The row that records `event` behind `row`'s chain, and the chain after it. */
export function nextAuditRow(
  row: Pick<VaultRow, "vaultId"> & AuditChain,
  event: AuditEvent,
  timeMs: number,
  actor: string,
  proofKey: Uint8Array | HmacKey | undefined,
): { auditRow: AuditRow; chain: AuditChain } {
  const { kind, secretId = "", secretName = "", scope = "", context = "", note = "" } = event;
  const { previousDigest = "", stateDigest = "" } = event;
  const seq = row.auditSeq + 1;
  // No vault has recorded so many: somebody has edited the number.
  if (!Number.isSafeInteger(seq)) throw editedVault();
  const fields: AuditFields = {
    seq,
    timeMs,
    kind,
    actor,
    secretId,
    secretName,
    scope,
    context,
    note,
    previousDigest,
    stateDigest,
  };
  const chainKey = new HmacKey(row.auditKey);
  try {
    const mac = auditMac(chainKey, row.vaultId, row.auditMac, fields);
    const proven = { ...fields, mac };
    const proof = proofKey === undefined
      ? new Uint8Array()
      : auditProof(proofKey, row.vaultId, proven);
    return {
      auditRow: { ...proven, proof },
      chain: { auditSeq: seq, auditMac: mac, auditKey: nextChainKey(chainKey) },
    };
  } finally {
    chainKey.destroy();
  }
}
