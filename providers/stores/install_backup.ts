/**
 * Putting a backup in the vault's place.
 *
 * @module
 */
import { type FileHandle, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasCode, VaultError, withHints } from "../../lib/errors.ts";
import { copyPrivateFile, placeNew } from "../host/backup_file.ts";
import { diskError } from "../host/disk_error.ts";
import { syncDirectory } from "../host/private_directory.ts";
import { KEPT_ASIDE } from "../host/paths.ts";
import { exists } from "../host/exists.ts";
import { SqliteStore } from "./sqlite.ts";
import { checkWholeFile, LOGS } from "./whole_file.ts";

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

/**
 * Puts the database `from` in the place of `options.database`: in one transaction where a vault lives, so that
 * processes that have it open see the old state or the new one; by one change of a name where none does.
 *
 * What was there is first kept aside as a copy. A second name would do for a moment only: whoever writes to the vault, if
 * this process dies, would write to both.
 *
 * @param from In a private directory beside the database, which the caller removes with all that is made in it.
 * @param check Called where a vault lives, once nobody else writes to it. If it fails, nothing is changed.
 */
export async function installBackup(
  options: BackupPlaceOptions,
  from: string,
  force: boolean,
  check: () => Promise<void> = () => Promise.resolve(),
): Promise<Installed> {
  const { database, whileInitialising } = options;
  await checkWholeFile(from, ATTEMPTED);
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
    return { aside: await replace(database, from, check) };
  });
  if (installed !== undefined) return installed;
  throw new VaultError("BUSY", ATTEMPTED, "another process holds the vault");
}

/** Replaces what is there, and gives where it is kept. */
async function replace(
  database: string,
  from: string,
  check: () => Promise<void>,
): Promise<string> {
  const aside = asidePath(database);
  // Before SQLite sees them, for it removes a log that does not fit.
  const files = join(dirname(from), "files.db");
  const copied = await copyFiles(database, files);
  const living = await openLiving(database);
  if (living === undefined) {
    await replaceFiles({ database, from, aside, files, copied });
    return aside;
  }
  const held: FileHandle[] = [];
  try {
    // The files of a database that is in use say nothing by themselves.
    for (const suffix of copied) await rm(`${files}${suffix}`, { force: true });
    if (await replaceContent(living, aside, from, check)) return aside;
    await living.hold(async () => {
      await check();
      const copied = await copyFiles(database, files, held);
      await replaceFiles({ database, from, aside, files, copied });
    });
  } finally {
    await living.close();
    for (const file of held) await file.close();
  }
  return aside;
}

/** Keeps the copies of the database's files aside, and puts `from` in its place. */
async function replaceFiles(
  { database, from, aside, files, copied }: {
    readonly database: string;
    readonly from: string;
    readonly aside: string;
    readonly files: string;
    readonly copied: readonly string[];
  },
): Promise<void> {
  await renameDurably(copied.toReversed().map((suffix) => [files + suffix, aside + suffix]));
  await placeFile(from, database, true);
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
    if (!hasCode(error, "INTEGRITY", "UNSUPPORTED")) throw error;
  }
  return undefined;
}

/**
 * Makes `living` hold what `from` holds. In one transaction: what another process wrote between the copy and the
 * replacement would be in neither.
 *
 * @returns `false`, changing nothing, if `living` is damaged, so that its files are all that can be kept of it.
 */
async function replaceContent(
  living: SqliteStore,
  aside: string,
  from: string,
  check: () => Promise<void>,
): Promise<boolean> {
  let isChecked = false;
  let isKept = false;
  try {
    const restored = await SqliteStore.open({ path: from });
    try {
      await living.replaceBy(restored, async (copyTo) => {
        await check();
        isChecked = true;
        await keepAside(copyTo, join(dirname(from), "before.db"), aside);
        isKept = true;
      });
      return true;
    } catch (error) {
      const isDamage = isChecked && hasCode(error, "INTEGRITY");
      if (!isDamage || (await restored.problems()).length > 0) throw error;
      return false;
    } finally {
      await restored.close();
    }
  } catch (error) {
    if (!isKept) throw diskError(ATTEMPTED, error);
    // A commit that fails may be on the disk all the same, so the copy stays.
    throw withHints(error, `the previous vault is kept in ${aside}`);
  }
}

async function keepAside(
  copyTo: (target: SqliteStore) => Promise<void>,
  before: string,
  aside: string,
): Promise<void> {
  const old = await SqliteStore.open({ path: before, create: true });
  try {
    await copyTo(old);
  } finally {
    await old.close();
  }
  await checkWholeFile(before, ATTEMPTED);
  await renameDurably([[before, aside]]);
}

async function renameDurably(names: readonly (readonly [string, string])[]): Promise<void> {
  try {
    for (const [from, to] of names) {
      await rename(from, to);
      await syncDirectory(dirname(to));
    }
  } catch (error) {
    throw diskError(ATTEMPTED, error);
  }
}

/** Copies the files of a database; gives the suffixes of those that there are, its own first. */
async function copyFiles(
  database: string,
  to: string,
  held?: FileHandle[],
): Promise<string[]> {
  const copied: string[] = [];
  for (const suffix of ["", ...LOGS]) {
    // A log goes when the last process closes the vault.
    const isThere = await copyPrivateFile(database + suffix, to + suffix, ATTEMPTED, held);
    if (isThere) copied.push(suffix);
  }
  return copied;
}

// The log of another database must not be taken for that of the restored one.
async function placeFile(from: string, database: string, replaces: boolean): Promise<void> {
  try {
    for (const suffix of [...LOGS, "-shm"]) await rm(`${database}${suffix}`, { force: true });
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
  return `${database}${KEPT_ASIDE}${time}-${crypto.randomUUID().slice(0, 8)}`;
}
