/**
 * Backups of a vault in SQLite.
 *
 * @module
 */
import { rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { VaultError } from "../../lib/errors.ts";
import type { BackupTarget, DatabaseCopy, OpenedBackup } from "../../lib/vault/backup.ts";
import { digestFile, readBackupFile, writeBackupFile } from "../host/backup_file.ts";
import { diskError, isAbsence } from "../host/disk_error.ts";
import { makePrivateDirectory } from "../host/private_directory.ts";
import { exists } from "../host/exists.ts";
import { removeLeftovers, SLOW_LEFT_OVER_AFTER_MS, temporaryPath } from "../host/temporary_file.ts";
import { type BackupPlaceOptions, installBackup } from "./install_backup.ts";
import { SqliteStore } from "./sqlite.ts";
import { checkWholeFile } from "./whole_file.ts";

/** The backups of the vault whose database is `options.database`. */
export function backupPlace(options: BackupPlaceOptions) {
  return {
    target: (path: string) => backupTarget(options.database, path),
    withBackup: <T>(
      path: string,
      purpose: "verify" | "restore",
      work: (backup: OpenedBackup) => Promise<T>,
    ) => withBackup(options.database, path, purpose, work),
    install: (backup: OpenedBackup, force: boolean, check?: () => Promise<void>) =>
      installBackup(options, pathOf(backup.copy), force, check),
  };
}

/** The backup file at `path` as the target of a backup of `database`. */
function backupTarget(database: string, path: string): BackupTarget {
  return {
    check: () => refuseExisting(path),
    withCopy: (work) =>
      withScratch(database, async (scratch) => {
        await copyDatabase(database, scratch);
        return await work(copyAt(scratch));
      }),
    write: (copy, manifest, vaultId) => writeBackupFile(path, manifest, pathOf(copy), vaultId),
  };
}

/** Runs `work` on what the backup file at `path` holds: beside `database` if it may come in its place. */
async function withBackup<T>(
  database: string,
  path: string,
  purpose: "verify" | "restore",
  work: (backup: OpenedBackup) => Promise<T>,
): Promise<T> {
  const isBeside = purpose === "restore" || await exists(database);
  return await withScratch(isBeside ? database : join(tmpdir(), "aivault"), async (scratch) => {
    const manifest = await readBackupFile(path, scratch);
    return await work({ manifest, copy: copyAt(scratch) });
  });
}

async function refuseExisting(path: string): Promise<void> {
  const attempted = `write ${path}`;
  if (await exists(path)) {
    throw new VaultError("ALREADY_EXISTS", attempted, "there is a file of this name", {
      hints: ["nothing was changed; choose another name"],
    });
  }
  if (await isDirectory(dirname(path), attempted)) return;
  throw new VaultError("INVALID_INPUT", attempted, "there is no such directory");
}

async function isDirectory(path: string, attempted: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isAbsence(error)) return false;
    throw diskError(attempted, error);
  }
}

async function copyDatabase(from: string, to: string): Promise<void> {
  const source = await SqliteStore.open({ path: from });
  try {
    const target = await SqliteStore.open({ path: to, create: true });
    try {
      await source.copyTo(target);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Runs `work` with the path of a database in a directory of its own beside `database`. */
async function withScratch<T>(
  database: string,
  work: (scratch: string) => Promise<T>,
): Promise<T> {
  const base = `${database}.copy`;
  const directory = temporaryPath(base);
  try {
    await makePrivateDirectory(dirname(database));
    await removeLeftovers(base, SLOW_LEFT_OVER_AFTER_MS);
    await makePrivateDirectory(directory);
    return await work(join(directory, "vault.db"));
  } finally {
    await rm(directory, { recursive: true, force: true }).catch(() => {});
  }
}

class FileCopy implements DatabaseCopy {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  openStore(): Promise<SqliteStore> {
    return SqliteStore.open({ path: this.path });
  }

  async digest() {
    const attempted = "read the copy of the vault";
    await checkWholeFile(this.path, attempted);
    return await digestFile(this.path, attempted);
  }
}

function copyAt(path: string): DatabaseCopy {
  return new FileCopy(path);
}

function pathOf(copy: DatabaseCopy): string {
  if (copy instanceof FileCopy) return copy.path;
  throw new TypeError("the copy is of another place");
}
