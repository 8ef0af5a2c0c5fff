/**
 * Removing old events, without breaking the chain.
 *
 * The anchor moves up to the newest event that goes. Events that living secrets need stay behind it; they can no
 * longer be checked by the chain, but each by its proof, and all of them together by a digest in the event
 * that records the prune.
 *
 * @module
 */
import { toHex, wipe } from "../crypto/bytes.ts";
import { VaultError } from "../errors.ts";
import { openAnchor, sealAnchor } from "./anchor.ts";
import { type AuditRow, nextChainKey } from "./audit.ts";
import { formatHead } from "./audit_head.ts";
import { PAGE, pagesOf } from "./audit_pages.ts";
import { deletedDigest } from "./state_digest.ts";
import type { StoreWriter } from "./store.ts";
import { transact, type Transaction, type VaultState } from "./transaction.ts";
import { type AuditVerification, verifyWith } from "./verify_audit.ts";
import { isProvenState, keptDigest, NOTHING_KEPT } from "./verify_chain.ts";

/** What a prune did. */
export interface PruneResult {
  /** How many events were removed. */
  readonly removed: number;
  /** How many old events stay, since living secrets need them. */
  readonly kept: number;
  /** The newest event that was old enough; 0 if none was, and nothing has changed. */
  readonly throughSeq: number;
  /** The newest event as `SEQ:HASH`. Heads before `throughSeq` cannot be checked any more. */
  readonly head: string;
}

const attempted = "prune the audit";

/** Removes the events from before `beforeMs`, up to the first that is not. */
export function pruneAudit(
  state: Pick<VaultState, "store" | "keys" | "now" | "actor">,
  beforeMs: number,
): Promise<PruneResult> {
  return transact(state, async (transaction) => {
    const { row } = transaction;
    const throughSeq = await lastOld(transaction, beforeMs);
    if (throughSeq <= row.auditAnchorSeq) {
      return { removed: 0, kept: 0, throughSeq: 0, head: formatHead(row.auditSeq, row.auditMac) };
    }
    await moveAnchor(transaction, throughSeq);
    const ofSecrets = await removeStates(transaction, throughSeq);
    const rest = await removeOthers(transaction.writer, throughSeq);
    const removed = ofSecrets + rest.removed;
    await transaction.record({
      kind: "audit.prune",
      note: `removed ${removed} up to event ${throughSeq}`,
      stateDigest: toHex(rest.digest),
    });
    const { auditSeq, auditMac } = transaction.row;
    return { removed, kept: rest.kept, throughSeq, head: formatHead(auditSeq, auditMac) };
  });
}

/** The newest event of those that are old enough and have no younger one before them. */
async function lastOld(transaction: Transaction, beforeMs: number): Promise<number> {
  const { writer, row } = transaction;
  let throughSeq = 0;
  let isOver = false;
  const verification: AuditVerification = await verifyWith(
    writer,
    row,
    await transaction.key(),
    undefined,
    (event, isVerified) => {
      // What an earlier prune has kept is old already.
      if (event.seq <= row.auditAnchorSeq && isVerified) return;
      if (event.timeMs >= beforeMs) isOver = true;
      if (!isOver) throughSeq = event.seq;
    },
  );
  if (verification.isIntact) return throughSeq;
  throw new VaultError("INTEGRITY", attempted, "the vault does not verify", {
    hints: ["nothing was removed; see what is wrong: aivault audit verify"],
  });
}

async function moveAnchor(transaction: Transaction, throughSeq: number): Promise<void> {
  const { row, writer } = transaction;
  const [last] = await writer.auditAfter(throughSeq - 1, 1);
  if (last?.seq !== throughSeq) throw new RangeError("the event vanished");
  const anchor = {
    vaultId: row.vaultId,
    auditAnchorSeq: throughSeq,
    auditAnchorMac: last.mac,
  };
  const key = await transaction.key();
  let chainKey = await openAnchor(key, row);
  try {
    for (let seq = row.auditAnchorSeq; seq < throughSeq; seq++) {
      const next = nextChainKey(chainKey);
      wipe(chainKey);
      chainKey = next;
    }
    const auditAnchor = await sealAnchor(key, anchor, chainKey);
    await transaction.revise({ ...anchor, auditAnchor });
  } finally {
    wipe(chainKey);
  }
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

/** Removes what records the states of secrets, but for what living ones need; gives how many. */
async function removeStates(transaction: Transaction, throughSeq: number): Promise<number> {
  const { writer, row: { vaultId } } = transaction;
  const proofKeys = await transaction.proofKeys();
  let removed = 0;
  let needed: Needed = {};
  const remove = async (event: AuditRow): Promise<void> => {
    await writer.removeAudit(event.seq);
    removed++;
  };
  const replaceBy = async (next: Needed): Promise<void> => {
    for (const event of new Set([needed.old, needed.use])) {
      if (event === undefined || event.seq > throughSeq) continue;
      if (event !== next.old && event !== next.use) await remove(event);
    }
    needed = next;
  };
  const endSecret = async (): Promise<void> => {
    const { newest } = needed;
    const isDeleted = newest !== undefined &&
      newest.stateDigest === deletedDigest(newest.secretId);
    if (isDeleted) await replaceBy({});
    needed = {};
  };
  const events = pagesOf<AuditRow>((last) => writer.states(last, PAGE), byPage);
  for await (const event of events) {
    if (needed.newest?.secretId !== event.secretId) await endSecret();
    // What was made under a lost key says nothing of a secret that is here now.
    if (!isProvenState(proofKeys, vaultId, event)) {
      if (event.seq <= throughSeq) await remove(event);
      continue;
    }
    await replaceBy({
      old: event.seq <= throughSeq ? event : needed.old,
      use: event.kind === "secret.use" ? event : needed.use,
      newest: event,
    });
  }
  await endSecret();
  return removed;
}

// The order was checked by the verification, in the same transaction.
const byPage = (): number => -1;

/** Removes all else; gives how many, and what is left. */
async function removeOthers(
  writer: StoreWriter,
  throughSeq: number,
): Promise<{ removed: number; kept: number; digest: Uint8Array }> {
  const result = { removed: 0, kept: 0, digest: NOTHING_KEPT };
  // It tells a recovery key that is in force from one that was revoked.
  const recovery = await writer.newestAudit(["recovery.create", "recovery.revoke"]);
  const events = pagesOf<AuditRow>(
    (last) => writer.auditAfter(last?.seq ?? -Infinity, PAGE),
    byPage,
  );
  for await (const event of events) {
    if (event.seq > throughSeq) break;
    const isOfSecret = event.secretId !== "" && event.stateDigest !== "";
    if (!isOfSecret && event.seq !== recovery?.seq) {
      await writer.removeAudit(event.seq);
      result.removed++;
    } else {
      result.digest = keptDigest(result.digest, event);
      result.kept++;
    }
  }
  return result;
}
