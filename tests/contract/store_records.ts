/**
 * Rows for the store contract. No key is involved: a store keeps whatever it is given.
 *
 * @module
 */
import type { AuditRow } from "../../lib/vault/audit/audit.ts";
import { GLOBAL, scopeFields } from "../../lib/vault/secrets/scope.ts";
import type { SecretRecord, SecretRow } from "../../lib/vault/secrets/secret.ts";
import type { Store, StoredVault, StoreWriter } from "../../lib/vault/store.ts";

/** Runs a test with a new, empty store. */
export type WithStore = <T>(work: (store: Store) => Promise<T>) => Promise<T>;

/** The id of the secret number `n`; the order of the numbers is the order of the ids. */
export function idOf(n: number): string {
  return `${n.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
}

/** The secret number `n`, less what a test wants otherwise. */
export function record(n: number, fields: Partial<SecretRecord> = {}): SecretRecord {
  return {
    id: idOf(n),
    name: `name ${n}`,
    aliases: [],
    scope: GLOBAL,
    attachedGroups: [],
    pinnedProvider: null,
    valueVersion: 1,
    createdAtMs: 1_000 + n,
    updatedAtMs: 2_000 + n,
    expiresAtMs: null,
    kekId: "00112233445566778899aabbccddeeff",
    wrappedDek: new Uint8Array(72).fill(n),
    ...fields,
  };
}

/** The row that a store hands back for `record`. */
export function rowOf({ scope, ...rest }: SecretRecord): SecretRow {
  const { kind, workspaceId, groupId } = scopeFields(scope);
  return { ...rest, scopeKind: kind, workspaceId, groupId };
}

/** The sealed value of the secret number `n`. */
export function sealed(n: number): Uint8Array {
  return new Uint8Array(50).fill(n);
}

/** The audit row of this seq. */
export function auditRow(seq: number, fields: Partial<AuditRow> = {}): AuditRow {
  return {
    seq,
    timeMs: seq * 10,
    kind: "secret.use",
    actor: "test",
    secretId: "",
    secretName: "",
    scope: "",
    context: "",
    note: "",
    previousDigest: "",
    stateDigest: "",
    mac: new Uint8Array(32).fill(seq),
    proof: new Uint8Array(32).fill(seq + 100),
    ...fields,
  };
}

/** A vault's row. */
export function vaultRow(fields: Partial<StoredVault> = {}): StoredVault {
  return {
    formatVersion: 3,
    vaultId: "2b1c7a52-6f0e-4d1c-9a3b-0c5d8e7f6a10",
    createdAtMs: 1,
    updatedAtMs: 2,
    provider: { type: "caller", nested: { list: [1, "two", null], text: "ä" } },
    kekId: "00112233445566778899aabbccddeeff",
    retiredKekIds: ["a", "b"],
    rotation: null,
    recovery: null,
    auditAnchor: new Uint8Array(72).fill(1),
    auditAnchorSeq: 0,
    auditAnchorMac: new Uint8Array(32).fill(3),
    auditProofKey: new Uint8Array(72).fill(4),
    pastProofKeys: [{ throughSeq: 1, sealed: "x" }],
    descriptionMac: new Uint8Array(32).fill(6),
    auditSeq: 0,
    auditMac: new Uint8Array(32).fill(5),
    auditKey: new Uint8Array(32).fill(2),
    ...fields,
  };
}

/** Adds the secrets of these numbers. */
export async function addSecrets(store: Store, ...numbers: number[]): Promise<void> {
  await store.write(async (writer) => {
    for (const n of numbers) await writer.insertSecret(record(n), sealed(n));
  });
}

/** Runs one write in a transaction of its own. */
export function once(store: Store, work: (writer: StoreWriter) => Promise<void>): Promise<void> {
  return store.write(work);
}
