/**
 * Backups for programs that use the library.
 *
 * @module
 */
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { VaultError } from "../../lib/errors.ts";
import {
  type BackupTarget,
  type BackupVerification,
  prepareRestore,
  verifyBackup as verifyOpened,
} from "../../lib/vault/backup.ts";
import type { BackupManifest } from "../../lib/vault/backup_manifest.ts";
import { keysOf } from "../../lib/vault/begin.ts";
import type { KeySource } from "../../lib/vault/keys/key_source.ts";
import { checkText } from "../../lib/vault/text.ts";
import type {
  CallerKeyOptions,
  KeptKeyOptions,
  VaultOptions,
} from "../../lib/vault/vault_options.ts";
import { exists } from "../host/exists.ts";
import { withInitLock } from "../host/init_lock.ts";
import { backupPlace } from "./backup_place.ts";
import { checkDirectory } from "./database_file.ts";
import type { SqliteStore } from "./sqlite.ts";
import { checkFilePath } from "./sqlite_options.ts";

/**
 * A new backup file of the vault in `store`, for `Vault.createBackup`. The file has mode 0600, is encrypted as the
 * vault is, and appears whole or not at all. Others may write to the vault while it is made.
 *
 * `createBackup` fails with `ALREADY_EXISTS` if there is something at `path`, `INVALID_INPUT` if its directory does
 * not exist, `DISK` if it cannot be written. The backup opens with the key that the vault has when it is made: keep
 * that, or a recovery key, apart from it.
 *
 * @param store The store that the vault was opened with.
 * @param path A relative one starts at the current directory.
 * @throws {VaultError} `INVALID_INPUT` if `path` cannot be that of a file.
 *
 * @example
 * ```ts
 * import { backupFile, restoreBackup, SqliteStore, verifyBackup } from "@aivault/cli/stores/sqlite";
 * import { Vault } from "@aivault/cli";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const directory = await mkdtemp(join(tmpdir(), "aivault-"));
 * const store = await SqliteStore.open({ path: join(directory, "vault.db"), create: true });
 * const kek = crypto.getRandomValues(new Uint8Array(32));
 * const vault = await Vault.init({ store, kek });
 * await vault.create({ name: "TOKEN", value: new TextEncoder().encode("s3cret") });
 *
 * const file = join(directory, "vault.bak");
 * const { secrets } = await vault.createBackup(backupFile(store, file));
 * assert.equal(secrets, 1);
 * await vault.close();
 *
 * const verified = await verifyBackup(file, { kek });
 * assert.deepEqual(verified.secrets.broken, []);
 * assert.ok(verified.audit.isIntact);
 *
 * const path = join(directory, "restored", "vault.db");
 * await restoreBackup(file, { path, kek });
 * const restored = await Vault.open({ store: await SqliteStore.open({ path }), kek });
 * assert.equal(await restored.use("TOKEN", {}, (value) => value.length), 6);
 * await restored.close();
 * await rm(directory, { recursive: true });
 * ```
 */
export function backupFile(store: SqliteStore, path: string): BackupTarget {
  const file = checkFilePath(path, "make a backup");
  return placeOf(store.path).target(file);
}

/**
 * Proves that the backup file at `path` is as it was made, and opens every secret in it. Nothing is changed; the
 * database in it is unpacked, encrypted as it is, into a private directory of the system's temporary one meanwhile.
 *
 * @param key The key that the vault had when the backup was made, or providers that have it.
 * @returns Also the secrets that do not open, and what is wrong with the audit: those are no errors.
 * @throws {VaultError} `NOT_FOUND` if there is no such file, `INTEGRITY` if it is no backup or was edited or
 * truncated, `UNSUPPORTED` if a newer program made it or the key's provider is not there, `INVALID_INPUT`, `DISK`, and
 * what the key reports.
 * @throws {RangeError} if the key has not 32 bytes.
 */
export async function verifyBackup(
  path: string,
  key: CallerKeyOptions | KeptKeyOptions,
): Promise<BackupVerification> {
  const file = checkFilePath(path, "verify the backup");
  return await withKeys(key, (keys) => {
    const place = placeOf(join(tmpdir(), "aivault"));
    const keyOf = () => Promise.resolve(keys);
    return place.withBackup(file, "verify", (backup) => verifyOpened(backup, keyOf));
  });
}

/** Where a backup is restored to, and on whose account. */
export interface RestoreOptions extends Pick<VaultOptions, "actor" | "now"> {
  /**
   * The database file to be made, and its directory if that does not exist. A relative path starts at the current
   * directory.
   */
  readonly path: string;
}

/**
 * Proves the backup file at `path` as {@linkcode verifyBackup} does, but for its secrets, and makes a database of it,
 * in which the restore is on record. It appears whole or not at all, and never in the place of something.
 *
 * To replace a vault, close it, move its database away, with the files beside it whose names begin with its name
 * (`-wal`, `-shm`, `-journal`; left there, they are removed), and restore to where it was.
 *
 * @param options With the key that the vault had when the backup was made, or providers that have it.
 * @returns What the backup says of itself.
 * @throws {VaultError} `ALREADY_EXISTS` if there is something at `options.path`, and as {@linkcode verifyBackup}.
 * @throws {RangeError} if the key has not 32 bytes.
 */
export async function restoreBackup(
  path: string,
  options: RestoreOptions & (CallerKeyOptions | KeptKeyOptions),
): Promise<BackupManifest> {
  const file = checkFilePath(path, ATTEMPTED);
  const database = checkFilePath(options.path, ATTEMPTED);
  const actor = checkText(options.actor ?? "library", "actor", ATTEMPTED);
  const { now = Date.now } = options;
  return await withKeys(options, async (keys) => {
    await refuseExisting(database);
    const place = placeOf(database);
    return await place.withBackup(file, "restore", async (backup) => {
      const manifest = await prepareRestore(backup, () => Promise.resolve(keys), { actor, now });
      await place.install(backup, false);
      return manifest;
    });
  });
}

const ATTEMPTED = "restore the backup";

function placeOf(database: string) {
  return backupPlace({
    database,
    async whileInitialising(isDone, work) {
      const directory = dirname(database);
      checkDirectory(directory, ATTEMPTED);
      return await withInitLock(join(directory, ".init-lock"), isDone, work, ATTEMPTED);
    },
  });
}

async function refuseExisting(database: string): Promise<void> {
  if (!await exists(database)) return;
  const problem = `there is something at ${database}`;
  throw new VaultError("ALREADY_EXISTS", ATTEMPTED, problem, {
    hints: ["nothing was changed; move it away, or restore to another path"],
  });
}

async function withKeys<T>(
  options: CallerKeyOptions | KeptKeyOptions,
  work: (keys: KeySource) => Promise<T>,
): Promise<T> {
  const keys = keysOf(options);
  try {
    return await work(keys);
  } finally {
    keys.close();
  }
}
