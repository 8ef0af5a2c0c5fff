/**
 * What a verification of the audit finds.
 *
 * @module
 */

/**
 * What is wrong. Codes are stable.
 *
 * | code | meaning |
 * |---|---|
 * | `event-edited` | an event is not as it was recorded: edited, or put in another's place |
 * | `event-missing` | events were removed, in the middle or at the end |
 * | `event-inserted` | an event stands where none was recorded |
 * | `event-forged` | an event was made without the vault's key |
 * | `event-unlinked` | an event cannot be checked, since the one before it is gone or edited |
 * | `chain-end` | the vault's row does not go on from the last event: newer events were cut off, or it was edited |
 * | `anchor-unexplained` | the verified part begins late, and no event says why |
 * | `kept-events` | the events that `audit prune` has kept are not those any more |
 * | `recovery-differs` | the recovery key, or that there is none, is not what the events say |
 * | `head-missing` | the noted head is not there: an older copy of the vault, or its newest events were cut off |
 * | `head-differs` | the noted event is another one: this is another past |
 * | `head-pruned` | the noted event was pruned or lost its key, so nothing can be said |
 * | `secret-rolled-back` | a secret was put back to an older state |
 * | `secret-changed` | a secret is in a state that no event records |
 * | `secret-deleted` | a secret is gone, and no event says so |
 * | `secret-added` | a secret is there that no event made, or that was deleted |
 * | `secret-damaged` | a secret's record cannot be read, or its key not be opened |
 * | `secret-history` | an event found a secret in another state than the event before had left it in |
 * | `store-disorder` | the store contradicts itself; see `aivault doctor` |
 */
export type AuditFindingKind =
  | "event-edited"
  | "event-missing"
  | "event-inserted"
  | "event-forged"
  | "event-unlinked"
  | "chain-end"
  | "anchor-unexplained"
  | "kept-events"
  | "recovery-differs"
  | "head-missing"
  | "head-differs"
  | "head-pruned"
  | "secret-rolled-back"
  | "secret-changed"
  | "secret-deleted"
  | "secret-added"
  | "secret-damaged"
  | "secret-history"
  | "store-disorder";

/** One thing that is wrong. */
export interface AuditFinding {
  /** What it is. */
  readonly kind: AuditFindingKind;
  /** The event that it is about, or the first of several; `null` if it is about none. */
  readonly seq: number | null;
  /** The last of several events; `null` for one or none. */
  readonly throughSeq: number | null;
  /** The secret's id; `null` if it is about none. */
  readonly secretId: string | null;
  /** The secret's name: its own, or else the one on record; `null` if neither is known. */
  readonly secretName: string | null;
  /** What is wrong, in words. */
  readonly problem: string;
}

/** The most findings that are listed; the others are counted. */
const MAX_FINDINGS = 100;

/** Collects findings in bounded memory. */
export class AuditFindings {
  /** The first of them. */
  readonly list: AuditFinding[] = [];
  #count = 0;

  /** How many there are, listed or not. */
  get count(): number {
    return this.#count;
  }

  /** Adds a finding about events. */
  event(
    kind: AuditFindingKind,
    seq: number | null,
    problem: string,
    throughSeq: number | null = null,
  ): void {
    this.#add({ kind, seq, throughSeq, secretId: null, secretName: null, problem });
  }

  /** Adds a finding about a secret. */
  secret(
    kind: AuditFindingKind,
    secretId: string,
    secretName: string | undefined,
    problem: string,
    seq: number | null = null,
  ): void {
    this.#add({ kind, seq, throughSeq: null, secretId, secretName: secretName || null, problem });
  }

  /** Adds the findings of `other`. */
  take(other: AuditFindings): void {
    for (const finding of other.list) this.#add(finding);
    this.#count += other.count - other.list.length;
  }

  #add(finding: AuditFinding): void {
    this.#count++;
    if (this.list.length < MAX_FINDINGS) this.list.push(finding);
  }
}
