/**
 * Verification of the audit, part one: the events against the chain and their proofs.
 *
 * @module
 */
import { equalBytes, toHex, wipe } from "../../crypto/bytes.ts";
import { encodeContext } from "../../crypto/context.ts";
import { HmacKey, sha256 } from "../../crypto/kdf.ts";
import {
  auditMac,
  type AuditRow,
  isProven,
  isWhole,
  needsProof,
  nextChainKey,
  type ProofKeyring,
} from "./audit.ts";
import { AuditFindings } from "./audit_finding.ts";
import { PAGE, pagesOf } from "../pages_of.ts";
import type { StoreReader } from "../store.ts";
import type { VaultRow } from "../vault_row.ts";

/** The most missing events that the chain key is moved on over; beyond them only proofs are checked. */
const MAX_GAP = 1_000_000;

/** What the chain of a vault is verified with. */
export interface ChainKeys {
  /** The chain key that the anchor holds. */
  readonly anchorKey: Uint8Array;
  /** The keys of the proofs. */
  readonly proofKeys: ProofKeyring;
}

/** Receives each event, and whether it is as it was recorded. */
export type AuditListener = (row: AuditRow, isVerified: boolean) => void | Promise<void>;

/** What the events give. */
export interface ChainResult {
  /** How many events are stored. */
  readonly events: number;
  /** How many of them stand before the anchor and were kept by `audit prune`. */
  readonly keptEvents: number;
  /** How many of them stand before the anchor and cannot be verified any more. */
  readonly unverifiableEvents: number;
  /** How many proven events record a secret's state. */
  readonly states: number;
}

/** Whether `row` is proven and records a secret's state. */
export function isProvenState(proofKeys: ProofKeyring, vaultId: string, row: AuditRow): boolean {
  return row.secretId !== "" && row.stateDigest !== "" && isProven(proofKeys, vaultId, row);
}

/** The digest of the events that a prune keeps, when `row` is added to them. */
export function keptDigest(before: Uint8Array, row: AuditRow): Uint8Array {
  return sha256(encodeContext(["kept", before, row.seq, row.mac, row.proof]));
}

/** The digest of no kept events. */
export const NOTHING_KEPT: Uint8Array = new Uint8Array();

/** Verifies all events of `row`'s vault, oldest first. */
export async function verifyChain(
  reader: StoreReader,
  row: VaultRow,
  keys: ChainKeys,
  findings: AuditFindings,
  onEvent: AuditListener,
): Promise<ChainResult> {
  const walk = new ChainWalk(row, keys, findings);
  try {
    const bySeq = (a: AuditRow, b: AuditRow): number => a.seq - b.seq;
    const next = (last?: AuditRow) => reader.auditAfter(last?.seq ?? -Infinity, PAGE);
    for await (const event of pagesOf(next, bySeq)) await onEvent(event, walk.take(event));
    return walk.end();
  } finally {
    walk.wipe();
  }
}

class ChainWalk {
  readonly #row: VaultRow;
  readonly #proofKeys: ProofKeyring;
  readonly #findings: AuditFindings;
  /** What is wrong with the events before the anchor, if they can be verified at all. */
  readonly #early = new AuditFindings();
  #kept = NOTHING_KEPT;
  #earlyEvents = 0;
  /** The chain key of the event after `#seq`; `undefined` if too many are missing. */
  #key: Uint8Array | undefined;
  /** The same key, for the MAC of that event and for the key after it. */
  #prepared: HmacKey | undefined;
  #seq: number;
  /** What the MAC of event `#seq` may be: several if it was edited, none if it is missing. */
  #macs: readonly Uint8Array[];
  /** Whether event `#seq` is as it was recorded. */
  #isSound = true;
  #events = 0;
  #states = 0;
  #prune: AuditRow | undefined;
  #isHealed = false;

  constructor(row: VaultRow, { anchorKey, proofKeys }: ChainKeys, findings: AuditFindings) {
    this.#row = row;
    this.#proofKeys = proofKeys;
    this.#findings = findings;
    this.#key = new Uint8Array(anchorKey);
    this.#seq = row.auditAnchorSeq;
    this.#macs = [row.auditAnchorMac];
  }

  wipe(): void {
    this.#dropKey();
  }

  /** Takes the next event; whether it is as it was recorded. */
  take(event: AuditRow): boolean {
    this.#events++;
    const proven = isProven(this.#proofKeys, this.#row.vaultId, event);
    if (proven && event.secretId !== "" && event.stateDigest !== "") this.#states++;
    if (event.seq < 1 || event.seq > this.#row.auditSeq) {
      this.#findings.event("event-inserted", event.seq, "no event was recorded under this number");
      return false;
    }
    if (event.seq <= this.#row.auditAnchorSeq) return this.#takeEarly(event, proven);
    if (event.seq > this.#seq + 1) this.#skipTo(event.seq);
    const isSound = this.#check(event, proven);
    if (isSound && event.kind === "audit.prune") this.#prune = event;
    const isFirst = event.seq === this.#row.auditAnchorSeq + 1;
    if (isSound && isFirst && event.kind === "vault.repair-key") this.#isHealed = true;
    return isSound;
  }

  #takeEarly(event: AuditRow, proven: boolean): boolean {
    this.#earlyEvents++;
    this.#kept = keptDigest(this.#kept, event);
    if (!proven) this.#early.event("event-edited", event.seq, "it is not as it was recorded");
    return proven;
  }

  #skipTo(seq: number): void {
    const first = this.#seq + 1;
    const last = seq - 1;
    const problem = first === last ? "it was removed" : "they were removed";
    this.#findings.event("event-missing", first, problem, first === last ? null : last);
    if (last - first >= MAX_GAP) this.#dropKey();
    for (let missing = first; missing <= last && this.#key !== undefined; missing++) this.#moveOn();
    this.#seq = last;
    this.#macs = [];
    this.#isSound = false;
  }

  #check(event: AuditRow, proven: boolean): boolean {
    const { seq, mac } = event;
    const key = this.#prepared ??= this.#key && new HmacKey(this.#key);
    const expected = key === undefined || !isWhole(event)
      ? []
      : this.#macs.map((previous) => auditMac(key, this.#row.vaultId, previous, event));
    const isChained = expected.some((one) => equalBytes(one, mac));
    const isSound = this.#judge(event, isChained, proven);
    // Of an edited event, either the MAC or the fields may be what they were.
    this.#macs = isSound ? [mac] : [mac, ...expected.slice(0, 1)];
    this.#isSound = isSound;
    this.#seq = seq;
    this.#moveOn();
    return isSound;
  }

  #judge({ seq, kind, proof }: AuditRow, isChained: boolean, proven: boolean): boolean {
    const isDue = needsProof(kind);
    if (isChained && (isDue ? proven : proof.length === 0)) return true;
    if (isChained && isDue) {
      this.#findings.event("event-forged", seq, "it was made without the vault's key");
      return false;
    }
    const isFirstFault = this.#isSound && this.#key !== undefined;
    if (proven) {
      // The event is genuine and follows another one than the one that stands before it.
      if (isFirstFault) {
        const problem = `it is not the event that event ${seq} was recorded after`;
        this.#findings.event("event-forged", seq - 1, problem);
      }
      return true;
    }
    if (isFirstFault || isChained || isDue) {
      this.#findings.event("event-edited", seq, "it is not as it was recorded");
    } else {
      const problem = "it cannot be checked, since the one before it is gone or edited";
      this.#findings.event("event-unlinked", seq, problem);
    }
    return false;
  }

  #moveOn(): void {
    if (this.#key === undefined) return;
    const next = nextChainKey(this.#prepared ?? this.#key);
    this.#dropKey();
    this.#key = next;
  }

  #dropKey(): void {
    wipe(this.#key);
    this.#prepared?.destroy();
    this.#key = this.#prepared = undefined;
  }

  /** Checks the end of the chain, and what stands before its anchor. */
  end(): ChainResult {
    const { auditSeq, auditMac: lastMac, auditKey, auditAnchorSeq } = this.#row;
    if (this.#seq < auditSeq) this.#skipTo(auditSeq + 1);
    const fits = this.#seq === auditSeq &&
      (this.#key === undefined || equalBytes(this.#key, auditKey)) &&
      (!this.#isSound || this.#macs.some((mac) => equalBytes(mac, lastMac)));
    if (!fits) {
      const problem = "newer events were cut off, or the vault's own row was edited";
      this.#findings.event("chain-end", auditSeq, problem);
    }
    const early = this.#earlyEvents;
    const canTell = this.#prune !== undefined;
    if (canTell) this.#checkKept(this.#prune);
    else if (auditAnchorSeq > 0 && !this.#isHealed) {
      const problem = "the events before it are left out, and no event says why";
      this.#findings.event("anchor-unexplained", auditAnchorSeq + 1, problem);
    }
    return {
      events: this.#events,
      keptEvents: canTell ? early : 0,
      unverifiableEvents: canTell ? 0 : early,
      states: this.#states,
    };
  }

  #checkKept(prune: AuditRow | undefined): void {
    this.#findings.take(this.#early);
    if (prune === undefined || prune.stateDigest === toHex(this.#kept)) return;
    const problem = "of the events that it kept some were removed, added or replaced";
    this.#findings.event("kept-events", prune.seq, problem);
  }
}
