/**
 * Removing old events, without breaking the chain.
 *
 * The anchor moves up to the newest event that goes. Events that living secrets need stay behind it; they can no
 * longer be checked by the chain, but each by its proof, and all of them together by a digest in the event
 * that records the prune.
 *
 * The vault is verified first, while others may write: that takes long. Then, with no other writer beside it, the prune
 * makes sure that what was verified is still there, and removes.
 *
 * @module
 */
import { equalBytes, toHex, wipe } from "../../crypto/bytes.ts";
import { VaultError } from "../../errors.ts";
import { isTime } from "../clock.ts";
import { sealAnchor } from "./anchor.ts";
import { formatHead } from "./audit_head.ts";
import { digestOf, isStillThere, planPrune, type PrunePlan } from "./plan_prune.ts";
import { transact, type Transaction, type TransactionState } from "../transaction.ts";
import { inOneState } from "../read_row.ts";
import type { PastProofKey } from "../vault_row.ts";

/** What a prune did. */
export interface PruneResult {
  /** How many events were removed. */
  readonly removed: number;
  /** How many old events stay, since living secrets or the recovery key need them. */
  readonly kept: number;
  /** The newest event that was old enough; 0 if none was, and nothing has changed. */
  readonly throughSeq: number;
  /** The newest event as `SEQ:HASH`. Heads before `throughSeq` cannot be checked any more. */
  readonly head: string;
}

/** How often the vault is verified anew when another prune, or a restore, came between. */
const MAX_ATTEMPTS = 3;

/** Removes the events from before `beforeMs`, up to the first that is not. */
export async function pruneAudit(state: TransactionState, beforeMs: number): Promise<PruneResult> {
  // Nothing is older or younger than what is not a time: all would go.
  if (!isTime(beforeMs)) {
    const problem = "the time to prune before is not one in milliseconds";
    throw new VaultError("INVALID_INPUT", "prune the audit", problem);
  }
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const plan = await inOneState(
      state,
      (reader, row, key) => planPrune(reader, row, key, beforeMs),
    );
    try {
      const { row: { auditSeq, auditMac }, throughSeq } = plan;
      if (throughSeq === 0) {
        return { removed: 0, kept: 0, throughSeq, head: formatHead(auditSeq, auditMac) };
      }
      return await transact(state, (transaction) => carryOut(transaction, plan));
    } catch (error) {
      // What is there now may be whole, or not verify: that is seen by looking again.
      if (!(error instanceof Changed)) throw error;
    } finally {
      wipe(plan.chainKey);
    }
  }
  throw new VaultError("BUSY", "prune the audit", "the audit was changed meanwhile", {
    hints: ["nothing was removed; try again"],
  });
}

/** What was verified is not there any more. */
class Changed extends Error {
  override readonly name = "Changed";
}

/** Does what is planned, if what was verified is still there. */
async function carryOut(transaction: Transaction, plan: PrunePlan): Promise<PruneResult> {
  const { writer } = transaction;
  const { throughSeq, throughMac, chainKey, kept, removed } = plan;
  if (!await isStillThere(writer, transaction.row, plan)) throw new Changed();
  const range = { from: -Infinity, through: throughSeq, except: kept };
  if (await writer.removeAudit(range) !== removed) throw new Changed();
  if (!equalBytes(await digestOf(writer, kept), plan.keptDigest)) throw new Changed();
  const anchor = {
    vaultId: transaction.row.vaultId,
    auditAnchorSeq: throughSeq,
    auditAnchorMac: throughMac,
  };
  const auditAnchor = await sealAnchor(await transaction.key(), anchor, chainKey);
  const pastProofKeys = await neededProofKeys(transaction);
  await transaction.revise({ ...anchor, auditAnchor, pastProofKeys });
  await transaction.record({
    kind: "audit.prune",
    note: `removed ${removed} up to event ${throughSeq}`,
    stateDigest: toHex(plan.keptDigest),
  });
  const { auditSeq, auditMac } = transaction.row;
  return { removed, kept: kept.length, throughSeq, head: formatHead(auditSeq, auditMac) };
}

/** The earlier proof keys, without those that no event is left of: every rotation of the master key makes one more. */
async function neededProofKeys(transaction: Transaction): Promise<PastProofKey[]> {
  const { writer, row: { pastProofKeys } } = transaction;
  const isNeeded: boolean[] = [];
  for (const [i, { throughSeq }] of pastProofKeys.entries()) {
    const [oldest] = await writer.auditAfter(pastProofKeys[i + 1]?.throughSeq ?? -Infinity, 1);
    isNeeded.push(oldest !== undefined && oldest.seq <= throughSeq);
  }
  return (await transaction.proofKeys()).pastWith(isNeeded);
}
