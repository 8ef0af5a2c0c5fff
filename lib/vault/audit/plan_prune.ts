/**
 * What a prune of the audit is going to do, found out while others may write.
 *
 * @module
 */
import { equalBytes, wipe } from "../../crypto/bytes.ts";
import { VaultError } from "../../errors.ts";
import { openAnchor } from "./anchor.ts";
import { type AuditRow, nextChainKey, type ProofKeyring } from "./audit.ts";
import { PAGE, pagesOf } from "../pages_of.ts";
import type { KekHandle } from "../keys/kek.ts";
import { openProofKeys } from "./proof_key.ts";
import { deletedDigest } from "../secrets/state_digest.ts";
import type { StoreReader } from "../store.ts";
import type { VaultRow } from "../vault_row.ts";
import { verifyWith } from "./verify_audit.ts";
import { isProvenState, keptDigest, NOTHING_KEPT } from "./verify_chain.ts";

/** What was verified, and what of it is to go. */
export interface PrunePlan {
  /** The vault's row as it was verified. */
  readonly row: VaultRow;
  /** The newest event that goes, or would if no secret needed it; 0 if none is old enough. */
  readonly throughSeq: number;
  /** Its MAC, behind which the anchor is to stand. */
  readonly throughMac: Uint8Array;
  /** The chain key of the event after it. Whoever asked for the plan wipes it. */
  readonly chainKey: Uint8Array;
  /** The events up to it that stay, in their order. */
  readonly kept: readonly number[];
  /** The digest of those. */
  readonly keptDigest: Uint8Array;
  /** How many events go. */
  readonly removed: number;
}

/**
 * Verifies a vault, and says which of its events from before `beforeMs` can go, up to the first that is not old.
 *
 * @throws {VaultError} `INTEGRITY` if it does not verify.
 */
export async function planPrune(
  reader: StoreReader,
  row: VaultRow,
  key: KekHandle,
  beforeMs: number,
): Promise<PrunePlan> {
  const { seq: throughSeq, mac: throughMac, count } = await lastOld(reader, row, key, beforeMs);
  if (throughSeq <= row.auditAnchorSeq) {
    const nothing = { kept: [], keptDigest: NOTHING_KEPT, removed: 0 };
    return { row, throughSeq: 0, throughMac, chainKey: new Uint8Array(), ...nothing };
  }
  const proofKeys = await openProofKeys(key, row);
  let needed: Set<number>;
  try {
    needed = await neededStates(reader, row.vaultId, proofKeys, throughSeq);
  } finally {
    proofKeys.wipe();
  }
  // It tells a recovery key that is in force from one that was revoked.
  const recovery = await reader.newestAudit(["recovery.create", "recovery.revoke"]);
  if (recovery !== undefined && recovery.seq <= throughSeq) needed.add(recovery.seq);
  const kept = [...needed].sort((a, b) => a - b);
  return {
    row,
    throughSeq,
    throughMac,
    chainKey: await chainKeyAfter(row, key, throughSeq),
    kept,
    keptDigest: await digestOf(reader, kept),
    removed: count - kept.length,
  };
}

/** The newest event of those that are old enough and have no younger one before them, and how many there are up to it. */
async function lastOld(
  reader: StoreReader,
  row: VaultRow,
  key: KekHandle,
  beforeMs: number,
): Promise<{ seq: number; mac: Uint8Array; count: number }> {
  let last = { seq: 0, mac: row.auditAnchorMac, count: 0 };
  let isOver = false;
  let count = 0;
  const { isIntact } = await verifyWith(reader, row, key, undefined, (event, isVerified) => {
    count++;
    // What an earlier prune has kept is old already.
    if (event.seq <= row.auditAnchorSeq && isVerified) return;
    if (event.timeMs >= beforeMs) isOver = true;
    if (!isOver) last = { seq: event.seq, mac: event.mac, count };
  });
  if (isIntact) return last;
  throw new VaultError("INTEGRITY", "prune the audit", "the vault does not verify", {
    hints: ["nothing was removed; see what is wrong: aivault audit verify"],
  });
}

/** The digest of the events with these seqs, which leaves out what is gone. */
export async function digestOf(
  reader: StoreReader,
  seqs: readonly number[],
): Promise<Uint8Array> {
  let digest = NOTHING_KEPT;
  for (const seq of seqs) {
    const [event] = await reader.auditAfter(seq - 1, 1);
    if (event?.seq === seq) digest = keptDigest(digest, event);
  }
  return digest;
}

async function chainKeyAfter(row: VaultRow, key: KekHandle, seq: number): Promise<Uint8Array> {
  let chainKey = await openAnchor(key, row);
  for (let at = row.auditAnchorSeq; at < seq; at++) {
    const next = nextChainKey(chainKey);
    wipe(chainKey);
    chainKey = next;
  }
  return chainKey;
}

/** What stays of a secret's events. */
interface Needed {
  /** The newest of the old events: the next event goes on from its state. */
  readonly old?: AuditRow | undefined;
  /** The newest use, old or not: it says when the secret was last used. */
  readonly use?: AuditRow | undefined;
  /** The newest event of all. */
  readonly newest?: AuditRow | undefined;
}

/** Of what records the states of secrets, the seqs of the old events that living ones need. */
async function neededStates(
  reader: StoreReader,
  vaultId: string,
  proofKeys: ProofKeyring,
  throughSeq: number,
): Promise<Set<number>> {
  const all = new Set<number>();
  let needed: Needed = {};
  const endSecret = (): void => {
    const { newest, old, use } = needed;
    needed = {};
    if (newest === undefined || newest.stateDigest === deletedDigest(newest.secretId)) return;
    for (const event of [old, use]) {
      if (event !== undefined && event.seq <= throughSeq) all.add(event.seq);
    }
  };
  const events = pagesOf<AuditRow>((last) => reader.states(last, PAGE), byPage);
  for await (const event of events) {
    if (needed.newest?.secretId !== event.secretId) endSecret();
    // What was made under a lost key says nothing of a secret that is here now.
    if (!isProvenState(proofKeys, vaultId, event)) continue;
    needed = {
      old: event.seq <= throughSeq ? event : needed.old,
      use: event.kind === "secret.use" ? event : needed.use,
      newest: event,
    };
  }
  endSecret();
  return all;
}

// The order was checked by the verification, in the same state of the store.
const byPage = (): number => -1;

/** Whether what was verified for `plan` is still there, for the MAC of its newest event commits to all before it. */
export async function isStillThere(
  reader: StoreReader,
  row: VaultRow,
  plan: PrunePlan,
): Promise<boolean> {
  const { row: verified, throughSeq, throughMac } = plan;
  const isSameChain = row.vaultId === verified.vaultId &&
    row.auditAnchorSeq === verified.auditAnchorSeq &&
    equalBytes(row.auditAnchorMac, verified.auditAnchorMac) && row.auditSeq >= verified.auditSeq;
  if (!isSameChain) return false;
  const expected = [[throughSeq, throughMac], [verified.auditSeq, verified.auditMac]] as const;
  for (const [seq, mac] of expected) {
    const [event] = await reader.auditAfter(seq - 1, 1);
    if (event?.seq !== seq || !equalBytes(event.mac, mac)) return false;
  }
  return true;
}
