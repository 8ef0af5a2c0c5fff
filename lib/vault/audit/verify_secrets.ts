/**
 * Verification of the audit, part two: the secrets against the states that the events record.
 *
 * Secrets and events are both read in the order of the secrets' ids, side by side, so that neither has to
 * be held in memory.
 *
 * @module
 */
import { wipe } from "../../crypto/bytes.ts";
import { hasCode } from "../../errors.ts";
import type { AuditRow, ProofKeyring } from "./audit.ts";
import type { AuditFindingKind, AuditFindings } from "./audit_finding.ts";
import { PAGE, pagesOf } from "../pages_of.ts";
import { openDek } from "../secrets/envelope.ts";
import type { KekHandle } from "../keys/kek.ts";
import { parseSecretRow, type SecretRecord, type SecretRow } from "../secrets/secret.ts";
import { deletedDigest, stateDigest } from "../secrets/state_digest.ts";
import type { StoreReader } from "../store.ts";
import { compareText } from "../text.ts";
import type { VaultRow } from "../vault_row.ts";
import { isProvenState } from "./verify_chain.ts";

/** What is asked and told while secrets are verified. */
interface Inquiry {
  readonly reader: StoreReader;
  readonly row: VaultRow;
  readonly key: KekHandle;
  readonly proofKeys: ProofKeyring;
  readonly findings: AuditFindings;
}

/** A secret as it is stored. */
interface Stored {
  readonly name: string | undefined;
  /** `undefined` if the record cannot be read. */
  readonly record: SecretRecord | undefined;
  /** The digest of its state; `undefined` if the record cannot be read. */
  readonly digest: string | undefined;
}

/** What the events of a secret have come to. */
interface History {
  /** The state that the newest of them left; `undefined` without any. */
  state?: string;
  seq: number;
  name?: string;
  /** The newest event whose state is the stored one. */
  matchSeq?: number;
}

/** What the secrets give. */
export interface SecretsResult {
  /** How many there are. */
  readonly secrets: number;
  /** How many names, attached groups and sealed values they have; `undefined` if one cannot be read. */
  readonly parts: number | undefined;
  /** How many proven events record a state. */
  readonly states: number;
}

/** Verifies every secret. */
export async function verifySecrets(inquiry: Inquiry): Promise<SecretsResult> {
  const { reader, row, proofKeys } = inquiry;
  const secrets = new Peekable(pagesOf<SecretRow>(
    (last) => reader.secrets(last === undefined ? undefined : String(last.id), PAGE),
    (a, b) => compareText(String(a.id), String(b.id)),
  ));
  const events = new Peekable(pagesOf<AuditRow>(
    (last) => reader.states(last, PAGE),
    (a, b) => compareText(a.secretId, b.secretId) || a.seq - b.seq,
  ));
  const total = { secrets: 0, parts: 0 as number | undefined, states: 0 };
  while (true) {
    const [secret, event] = [await secrets.peek(), await events.peek()];
    const id = least(secret === undefined ? undefined : String(secret.id), event?.secretId);
    if (id === undefined) return total;
    let stored: Stored | undefined;
    if (secret !== undefined && String(secret.id) === id) {
      stored = await readStored(reader, id, secret);
      total.secrets++;
      total.parts = addParts(total.parts, stored);
      secrets.take();
    }
    const history: History = { seq: 0 };
    for (let next = event; next?.secretId === id; next = await events.peek()) {
      events.take();
      // What is not proven was found among the events already, and says nothing about a secret.
      if (!isProvenState(proofKeys, row.vaultId, next)) continue;
      total.states++;
      fold(history, next, stored, inquiry);
    }
    await judge(inquiry, id, stored, history);
  }
}

function addParts(parts: number | undefined, { record }: Stored): number | undefined {
  if (parts === undefined || record === undefined) return undefined;
  return parts + 2 + record.aliases.length + record.attachedGroups.length;
}

function least(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareText(a, b) <= 0 ? a : b;
}

async function readStored(reader: StoreReader, id: string, row: SecretRow): Promise<Stored> {
  const name = typeof row.name === "string" ? row.name : undefined;
  try {
    const record = parseSecretRow(row);
    const sealedValue = await reader.sealedValue(id);
    if (sealedValue === undefined) return { name, record: undefined, digest: undefined };
    return { name, record, digest: stateDigest(record, sealedValue) };
  } catch (error) {
    if (hasCode(error, "INTEGRITY")) return { name, record: undefined, digest: undefined };
    throw error;
  }
}

function fold(
  history: History,
  event: AuditRow,
  stored: Stored | undefined,
  { row, findings }: Inquiry,
): void {
  const { seq, secretId, secretName } = event;
  // Of the events before the anchor only some were kept, so they need not follow each other.
  const isFollowing = seq > row.auditAnchorSeq;
  if (isFollowing && history.state !== undefined && !follows(event, history.state)) {
    const problem =
      `event ${seq} found it in another state than event ${history.seq} had left it in`;
    findings.secret("secret-history", secretId, secretName || history.name, problem, seq);
  }
  history.state = event.stateDigest;
  history.seq = seq;
  if (secretName !== "") history.name = secretName;
  if (event.stateDigest === stored?.digest) history.matchSeq = seq;
}

/** Whether `event` can come after one that left the secret in `state`. */
function follows(event: AuditRow, state: string): boolean {
  if (event.kind === "secret.create") return false;
  // Removing a secret needs no state: a damaged one has to go too.
  if (event.kind === "secret.delete") return true;
  return (event.previousDigest || event.stateDigest) === state;
}

async function judge(
  { row, key, findings }: Inquiry,
  id: string,
  stored: Stored | undefined,
  history: History,
): Promise<void> {
  const name = stored?.name ?? history.name;
  const { state, seq } = history;
  const add = (kind: AuditFindingKind, problem: string): void =>
    findings.secret(kind, id, name, problem, seq === 0 ? null : seq);
  const isDeleted = state === deletedDigest(id);
  if (stored === undefined) {
    if (state !== undefined && !isDeleted) {
      add("secret-deleted", "it is gone, and no event says that it was deleted");
    }
    return;
  }
  if (state === undefined) return add("secret-added", "no event made it");
  if (isDeleted) return add("secret-added", `it was deleted by event ${seq}, and put back`);
  const { record, digest } = stored;
  if (record === undefined) return add("secret-damaged", "its record cannot be read");
  if (digest !== state) {
    return history.matchSeq === undefined
      ? add("secret-changed", `it is not in the state that event ${seq} left it in`)
      : add("secret-rolled-back", `it was put back to its state of event ${history.matchSeq}`);
  }
  try {
    wipe(await openDek(key, row.vaultId, record));
  } catch (error) {
    if (!hasCode(error, "INTEGRITY")) throw error;
    add("secret-damaged", "its wrapped key cannot be opened");
  }
}

/** A sequence whose next item can be looked at before it is taken. */
class Peekable<T> {
  readonly #items: AsyncGenerator<T>;
  #next: T | undefined;
  #isPeeked = false;

  constructor(items: AsyncGenerator<T>) {
    this.#items = items;
  }

  async peek(): Promise<T | undefined> {
    if (!this.#isPeeked) {
      const { done, value } = await this.#items.next();
      this.#next = done === true ? undefined : value;
      this.#isPeeked = true;
    }
    return this.#next;
  }

  take(): void {
    this.#isPeeked = false;
  }
}
