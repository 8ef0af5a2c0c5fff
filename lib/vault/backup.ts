/**
 * Backups: a copy of the vault's database, still encrypted, with a manifest that is proved under the KEK.
 *
 * @module
 */
import { timeOf } from "./clock.ts";
import { VaultError } from "../errors.ts";
import { formatHead } from "./audit/audit_head.ts";
import {
  type BackupManifest,
  checkBytes,
  editedBackup,
  type FileDigest,
  formatManifest,
  parseManifest,
  proveManifest,
  sealManifest,
} from "./backup_manifest.ts";
import { checkSecrets, type SecretCheck } from "./secrets/check_secrets.ts";
import type { KeySource } from "./keys/key_source.ts";
import type { Store } from "./store.ts";
import { type KeylessState, transact, type Transaction, type VaultState } from "./transaction.ts";
import { readRow } from "./read_row.ts";
import type { VaultRow } from "./vault_row.ts";
import { type AuditVerification, verifyAudit } from "./audit/verify_audit.ts";

/** A copy of a vault's database, in a place of its own. */
export interface DatabaseCopy {
  /** Opens it. The caller closes it. */
  openStore(): Promise<Store>;
  /** Its length and SHA-256, while it is not open. */
  digest(): Promise<FileDigest>;
}

/** Where a backup comes from and goes to. */
export interface BackupTarget {
  /** Fails, before anything is done, if something has the backup's place, or there is no directory to put it in. */
  check(): Promise<void>;
  /** Runs `work` on a consistent copy of the vault's database, which is removed afterwards. */
  withCopy<T>(work: (copy: DatabaseCopy) => Promise<T>): Promise<T>;
  /**
   * Writes the backup; it appears whole or not at all, and never in the place of something.
   *
   * @param vaultId Tells what dead processes left of backups of this vault.
   */
  write(copy: DatabaseCopy, manifest: Uint8Array, vaultId: string): Promise<void>;
}

/** Makes a backup; see `Vault.createBackup`. */
export async function createBackup(
  state: VaultState,
  target: BackupTarget,
): Promise<BackupManifest> {
  await target.check();
  await transact(state, (transaction) => transaction.record({ kind: "backup.create" }));
  return await target.withCopy(async (copy) => {
    const { row, secrets } = await withStore(copy, async (store) => ({
      row: await readRow(store),
      secrets: await store.read((reader) => reader.countSecrets()),
    }));
    const manifest = await sealManifest(await state.keys.current(row), {
      vaultId: row.vaultId,
      kekId: row.kekId,
      createdAtMs: timeOf(state.now),
      secrets,
      events: row.auditSeq,
      head: formatHead(row.auditSeq, row.auditMac),
      ...await copy.digest(),
    });
    await target.write(copy, formatManifest(manifest), row.vaultId);
    return manifest;
  });
}

/** A backup that was opened: what it says of itself, and the copy that was in it. */
export interface OpenedBackup {
  /** The manifest, as it stands in the file. */
  readonly manifest: Uint8Array;
  /** The database. */
  readonly copy: DatabaseCopy;
}

/** Gives the key for the vault in a backup, by its row. */
export type BackupKey = (row: VaultRow) => Promise<KeySource>;

/**
 * Checks that a backup is as it was made, by its bytes and by its proof.
 *
 * @param keyOf Asked once the bytes are known to be those that the manifest names.
 * @throws {VaultError} `INTEGRITY` if it was truncated or edited, and what the key reports.
 */
async function withProvedBackup<T>(
  { manifest: bytes, copy }: OpenedBackup,
  keyOf: BackupKey,
  attempted: string,
  work: (manifest: BackupManifest, store: Store, keys: KeySource) => Promise<T>,
): Promise<T> {
  const manifest = parseManifest(bytes, attempted);
  checkBytes(manifest, await copy.digest(), attempted);
  return await withStore(copy, async (store) => {
    const row = await readRow(store);
    if (row.vaultId !== manifest.vaultId || row.kekId !== manifest.kekId) {
      throw editedBackup(attempted);
    }
    const keys = await keyOf(row);
    try {
      await proveManifest(await keys.current(row), manifest, attempted);
      return await work(manifest, store, keys);
    } finally {
      keys.close();
    }
  });
}

/** What a verification of a backup found. */
export interface BackupVerification {
  /** What it says of itself, proved. */
  readonly manifest: BackupManifest;
  /** Whether every secret opens. */
  readonly secrets: SecretCheck;
  /** Whether its audit is as it was recorded. */
  readonly audit: AuditVerification;
}

/** Proves a backup, and opens every secret in it. */
export function verifyBackup(
  backup: OpenedBackup,
  keyOf: BackupKey,
): Promise<BackupVerification> {
  return withProvedBackup(backup, keyOf, "verify the backup", async (manifest, store, keys) => {
    const row = await readRow(store);
    const key = await keys.current(row);
    const secrets = await store.read((reader) => checkSecrets(reader, row, key));
    const audit = await verifyAudit({ store, keys });
    return { manifest, secrets, audit };
  });
}

/**
 * Proves a backup, and makes the copy ready to be the vault again: that it was restored is put on record
 * in it, and where a rotation went that was under way when it was made is forgotten. The vault's key may still be
 * staged, by that rotation or one before it, so that it is looked for there.
 */
export function prepareRestore(
  backup: OpenedBackup,
  keyOf: BackupKey,
  { actor, now }: Pick<KeylessState, "actor" | "now">,
): Promise<BackupManifest> {
  return withProvedBackup(backup, keyOf, "restore the backup", async (manifest, store, keys) => {
    await transact({ store, keys, now, actor }, async (transaction) => {
      await forgetRotation(transaction);
      const note = `made ${new Date(manifest.createdAtMs).toISOString()}`;
      await transaction.record({ kind: "backup.restore", note });
    });
    return manifest;
  });
}

async function forgetRotation(transaction: Transaction): Promise<void> {
  const { rotation, kekId, provider } = transaction.row;
  if (rotation === null) return;
  // The earlier key is left where it is: the vault that it may belong to again is not this one.
  await transaction.revise({ rotation: { from: provider, to: provider, toKekId: kekId } });
}

/** The error of a backup whose key is not the one that was found. */
export function needsOldKey(error: VaultError, kekId: string): VaultError {
  const problem =
    `it was made under another key than the one at hand: it needs the key from then, ${kekId}`;
  return new VaultError(error.code, "open the backup", problem, {
    hints: [
      "if the master key was rotated since, give the key from then with --key-file <path|->",
      "or give the recovery key from then with --recovery-key-file <path|->",
    ],
    cause: error,
  });
}

async function withStore<T>(copy: DatabaseCopy, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await copy.openStore();
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
