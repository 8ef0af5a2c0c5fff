/**
 * Verification of a vault: its events against the chain, its secrets against its events, and both against
 * a head that was noted elsewhere.
 *
 * What it proves, for whoever trusts the KEK: every event since the anchor is there, in its order, as it was
 * recorded; those that needed the key were recorded with it; and every secret is as the newest event about it says.
 * What it cannot prove without a noted head: that nobody put back an older copy of the whole vault, or of its
 * audit's end while no secret had changed since.
 *
 * @module
 */
import { equalBytes, wipe } from "../../crypto/bytes.ts";
import { hasCode } from "../../errors.ts";
import { openAnchor } from "./anchor.ts";
import type { AuditRow } from "./audit.ts";
import { type AuditFinding, AuditFindings } from "./audit_finding.ts";
import { type AuditHead, formatHead, parseHead } from "./audit_head.ts";
import { CallersError } from "../callers_error.ts";
import type { KekHandle } from "../keys/kek.ts";
import { openProofKeys, type ProofKeys } from "./proof_key.ts";
import { isRecoveryOnRecord } from "../keys/recovery.ts";
import type { StoreReader } from "../store.ts";
import type { TransactionState } from "../transaction.ts";
import { inOneState } from "../read_row.ts";
import type { VaultRow } from "../vault_row.ts";
import { type AuditListener, type ChainResult, verifyChain } from "./verify_chain.ts";
import { verifySecrets } from "./verify_secrets.ts";

/** What a verification is asked. */
export interface VerifyOptions {
  /** A head that was noted earlier, as `SEQ:HASH`: the vault has to have that event in its past. */
  readonly head?: string | undefined;
  /**
   * Receives each event, oldest first, before it is known whether later ones hold. It must not wait for this vault,
   * whose store is being read.
   */
  readonly onEvent?: AuditListener | undefined;
}

/** What a verification found. */
export interface AuditVerification {
  /** Whether nothing is wrong. */
  readonly isIntact: boolean;
  /** How many events are stored; 0 if the store gives them out of order. */
  readonly events: number;
  /** The first event that the chain covers; those before were pruned, or lost their key. */
  readonly fromSeq: number;
  /** How many events before it were kept by `audit prune`; they are verified by their proofs. */
  readonly keptEvents: number;
  /** How many events before it cannot be verified: the key that they were made under was lost. */
  readonly unverifiableEvents: number;
  /** How many secrets there are. */
  readonly secrets: number;
  /** The newest event as `SEQ:HASH`, to be noted elsewhere if nothing is wrong. */
  readonly head: string;
  /** What is wrong: the first hundred findings. */
  readonly findings: readonly AuditFinding[];
  /** How many findings there are in all. */
  readonly findingCount: number;
}

/**
 * Verifies a vault in one consistent state of its store, in bounded memory.
 *
 * @throws {VaultError} `INVALID_INPUT` for a malformed head, `INTEGRITY` if the vault's own row is not authentic.
 */
export function verifyAudit(
  state: Pick<TransactionState, "store" | "keys">,
  { head: noted, onEvent }: VerifyOptions = {},
): Promise<AuditVerification> {
  const head = noted === undefined ? undefined : parseHead(noted);
  return inOneState(state, (reader, row, key) => verifyWith(reader, row, key, head, onEvent));
}

/** {@linkcode verifyAudit} within a transaction that is under way. */
export async function verifyWith(
  reader: StoreReader,
  row: VaultRow,
  key: KekHandle,
  head?: AuditHead,
  onEvent: AuditListener = () => {},
): Promise<AuditVerification> {
  const findings = new AuditFindings();
  const watch = new HeadWatch(row, head);
  let proofKeys: ProofKeys | undefined;
  let anchorKey: Uint8Array | undefined;
  try {
    proofKeys = await openProofKeys(key, row);
    anchorKey = await openAnchor(key, row);
    const listener: AuditListener = async (event, isVerified) => {
      watch.see(event, isVerified);
      try {
        await onEvent(event, isVerified);
      } catch (error) {
        throw new CallersError(error);
      }
    };
    const keys = { anchorKey, proofKeys };
    const chain = await inOrder(
      findings,
      () => verifyChain(reader, row, keys, findings, listener),
    );
    watch.report(findings);
    const secrets = await inOrder(
      findings,
      () => verifySecrets({ reader, row, key, proofKeys: keys.proofKeys, findings }),
    );
    if (!await isRecoveryOnRecord(reader, row, proofKeys)) {
      const problem = "it is not what the events say: it was put back or removed";
      findings.event("recovery-differs", null, problem);
    }
    // An index that hides an event from one way of reading and not from the other.
    if (chain !== undefined && secrets !== undefined && chain.states !== secrets.states) {
      findings.event("store-disorder", null, "the index of the events does not fit the events");
    }
    const parts = secrets?.parts;
    if (parts !== undefined && parts !== await reader.countParts()) {
      const problem = "there are names, groups or values that belong to no secret";
      findings.event("store-disorder", null, problem);
    }
    return outcome(row, findings, chain, secrets?.secrets ?? await reader.countSecrets());
  } catch (error) {
    throw error instanceof CallersError ? error.cause : error;
  } finally {
    proofKeys?.wipe();
    wipe(anchorKey);
  }
}

/** Runs `work`; what breaks the order of a store becomes a finding. */
async function inOrder<T>(findings: AuditFindings, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!hasCode(error, "INTEGRITY")) throw error;
    findings.event("store-disorder", null, error.problem);
    return undefined;
  }
}

function outcome(
  row: VaultRow,
  findings: AuditFindings,
  chain: ChainResult | undefined,
  secrets: number,
): AuditVerification {
  return {
    isIntact: findings.count === 0,
    events: chain?.events ?? 0,
    fromSeq: row.auditAnchorSeq + 1,
    keptEvents: chain?.keptEvents ?? 0,
    unverifiableEvents: chain?.unverifiableEvents ?? 0,
    secrets,
    head: formatHead(row.auditSeq, row.auditMac),
    findings: findings.list,
    findingCount: findings.count,
  };
}

/** Looks for a noted head among the events. */
class HeadWatch {
  readonly #row: VaultRow;
  readonly #head: AuditHead | undefined;
  #found: Uint8Array | undefined;

  constructor(row: VaultRow, head: AuditHead | undefined) {
    this.#row = row;
    this.#head = head;
    if (head?.seq === row.auditAnchorSeq) this.#found = row.auditAnchorMac;
  }

  see(event: AuditRow, isVerified: boolean): void {
    // What stands before the anchor says something only if it is proven.
    const counts = isVerified || event.seq > this.#row.auditAnchorSeq;
    if (counts && event.seq === this.#head?.seq) this.#found = event.mac;
  }

  report(findings: AuditFindings): void {
    const head = this.#head;
    if (head === undefined) return;
    const { auditSeq, auditAnchorSeq } = this.#row;
    if (this.#found === undefined && head.seq < auditAnchorSeq) {
      const problem =
        "the noted event is not covered any more: it was pruned, or its key was lost; note a newer head";
      findings.event("head-pruned", head.seq, problem);
    } else if (this.#found === undefined || head.seq > auditSeq) {
      const problem =
        `the noted event is not there; the vault ends with event ${auditSeq}: it is an older copy, or its end was cut off`;
      findings.event("head-missing", head.seq, problem);
    } else if (!equalBytes(this.#found, head.mac)) {
      findings.event("head-differs", head.seq, "it is another event than the noted one");
    }
  }
}
