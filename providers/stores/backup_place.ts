/**
 * Backups of a vault in SQLite.
 *
 * @module
 */
import { link, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { VaultError } from "../../lib/errors.ts";
import type { BackupTarget, DatabaseCopy, OpenedBackup } from "../../lib/vault/backup.ts";
import { digestFile, placeNew, readBackupFile, writeBackupFile } from "../host/backup_file.ts";
import { diskError, errnoOf } from "../host/disk_error.ts";
import { makePrivateDirectory, syncDirectory } from "../host/private_directory.ts";
import { exists } from "../host/private_file.ts";
import { removeLeftovers, SLOW_LEFT_OVER_AFTER_MS, temporaryPath } from "../host/temporary_file.ts";
import { SqliteStore } from "./sqlite.ts";

const ATTEMPTED = "restore the backup";

/** What came of putting a copy in the vault's place. */
export interface Installed {
  /** Where the database that was there is kept now; `undefined` if there was none. */
  readonly aside: string | undefined;
}

/** Where the vault's database is, and how others are kept from making one meanwhile. */
export interface BackupPlaceOptions {
  /** The database file. */
  readonly database: string;
  /** Runs `work` while no other process makes a vault there. */
  readonly whileInitialising: <T>(
    isDone: () => Promise<boolean>,
    work: () => Promise<T>,
  ) => Promise<T | undefined>;
}

/** The backups of the vault whose database is `options.database`. */
export function backupPlace(options: BackupPlaceOptions) {
  return {
    target: (path: string) => backupTarget(options.database, path),
    withBackup: <T>(
      path: string,
      purpose: "verify" | "restore",
      work: (backup: OpenedBackup) => Promise<T>,
    ) => withBackup(options.database, path, purpose, work),
    install: (backup: OpenedBackup, force: boolean) => installBackup(options, backup, force),
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
    write: (copy, manifest) => writeBackupFile(path, manifest, pathOf(copy)),
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

/**
 * Puts the database of `backup` in the place of `options.database`: in one transaction where a vault lives, so that
 * processes that have it open see the old state or the new one; by one change of a name where none does.
 */
async function installBackup(
  options: BackupPlaceOptions,
  backup: OpenedBackup,
  force: boolean,
): Promise<Installed> {
  const { database, whileInitialising } = options;
  const from = pathOf(backup.copy);
  const installed = await whileInitialising(() => Promise.resolve(false), async () => {
    const isThere = await exists(database);
    if (isThere && !force) {
      throw new VaultError("ALREADY_EXISTS", ATTEMPTED, "there is a vault here", {
        hints: ["nothing was changed; to put it aside, add --force"],
      });
    }
    if (!isThere) {
      await placeFile(from, database, isThere);
      return { aside: undefined };
    }
    // First, for SQLite removes a log that does not fit.
    const aside = await keepFiles(database);
    const living = await openLiving(database);
    if (living === undefined) await placeFile(from, database, isThere);
    else await replaceContent(living, aside, from);
    return { aside };
  });
  if (installed !== undefined) return installed;
  throw new VaultError("BUSY", ATTEMPTED, "another process holds the vault");
}

/** The vault's store; `undefined` if no store can be made of the file. */
async function openLiving(database: string): Promise<SqliteStore | undefined> {
  try {
    const store = await SqliteStore.open({ path: database });
    try {
      if (await store.read((reader) => reader.vault()) !== undefined) return store;
    } catch (error) {
      await store.close();
      throw error;
    }
    await store.close();
  } catch (error) {
    const isDamaged = error instanceof VaultError &&
      (error.code === "INTEGRITY" || error.code === "UNSUPPORTED");
    if (!isDamaged) throw error;
  }
  return undefined;
}

async function replaceContent(living: SqliteStore, aside: string, from: string): Promise<void> {
  try {
    // The files of a database that is in use say nothing by themselves, so a copy takes their place.
    const kept = temporaryPath(aside);
    const old = await SqliteStore.open({ path: kept, create: true });
    try {
      await living.copyTo(old);
    } finally {
      await old.close();
    }
    await rename(kept, aside);
    await rm(`${aside}-wal`, { force: true });
    await syncDirectory(dirname(aside));
    const restored = await SqliteStore.open({ path: from });
    try {
      await restored.copyTo(living);
    } finally {
      await restored.close();
    }
  } finally {
    await living.close();
  }
}

/** Gives the files of a database second names. */
async function keepFiles(database: string): Promise<string> {
  const aside = asidePath(database);
  try {
    for (const suffix of ["", "-wal"]) {
      if (await exists(`${database}${suffix}`)) {
        await link(`${database}${suffix}`, `${aside}${suffix}`);
      }
    }
    await syncDirectory(dirname(aside));
    return aside;
  } catch (error) {
    throw diskError(ATTEMPTED, error);
  }
}

// The log of another database must not be taken for that of the restored one.
async function placeFile(from: string, database: string, replaces: boolean): Promise<void> {
  try {
    for (const suffix of ["-wal", "-shm"]) await rm(`${database}${suffix}`, { force: true });
    await syncDirectory(dirname(database));
    if (replaces) await rename(from, database);
    else await placeNew(from, database, ATTEMPTED);
    await syncDirectory(dirname(database));
  } catch (error) {
    throw diskError(ATTEMPTED, error);
  }
}

function asidePath(database: string): string {
  const time = new Date().toISOString().replace(/[-:]|\..*/g, "");
  return `${database}.before-restore-${time}-${crypto.randomUUID().slice(0, 8)}`;
}

async function refuseExisting(path: string): Promise<void> {
  if (!await exists(path)) {
    try {
      await stat(dirname(path));
      return;
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw diskError(`write ${path}`, error);
      throw new VaultError("INVALID_INPUT", `write ${path}`, "there is no such directory");
    }
  }
  throw new VaultError("ALREADY_EXISTS", `write ${path}`, "there is a file of this name", {
    hints: ["nothing was changed; choose another name"],
  });
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

  digest() {
    return digestFile(this.path, "read the copy of the vault");
  }
}

function copyAt(path: string): DatabaseCopy {
  return new FileCopy(path);
}

function pathOf(copy: DatabaseCopy): string {
  if (copy instanceof FileCopy) return copy.path;
  throw new TypeError("the copy is of another place");
}
