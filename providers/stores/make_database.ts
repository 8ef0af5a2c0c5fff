/**
 * How the file of a database comes to be.
 *
 * @module
 */
import { open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { hasCode, VaultError } from "../../lib/errors.ts";
import { placeNew } from "../host/backup_file.ts";
import { exists } from "../host/exists.ts";
import { makePrivateDirectory, syncDirectory } from "../host/private_directory.ts";
import { shellWord } from "../host/shell_word.ts";
import { removeLeftovers, temporaryPath } from "../host/temporary_file.ts";
import { checkDirectory } from "./database_file.ts";
import { migrate } from "./migrate.ts";
import { storeError } from "./sqlite_error.ts";
import { checkWholeFile, LOGS } from "./whole_file.ts";

/**
 * Makes a database without a vault at `path`, mode 0600, unless there is one.
 *
 * It appears with all its tables, so that an empty file is never one that is being made: it is what is left of a
 * vault.
 *
 * @throws {VaultError} `INTEGRITY` if the log of one that is gone lies there, `DISK`.
 */
export async function makeDatabase(path: string, attempted: string): Promise<void> {
  const base = `${path}.new`;
  try {
    await makePrivateDirectory(dirname(path));
    checkDirectory(dirname(path), attempted);
    await removeLeftovers(base);
    await refuseLog(path, attempted);
    if (!await exists(path)) await makeIn(temporaryPath(base), path, attempted);
  } catch (error) {
    // Another process has made one meanwhile.
    if (!hasCode(error, "ALREADY_EXISTS")) throw storeError(attempted, error);
  }
}

/**
 * SQLite would take what lies beside a database for a part of it.
 *
 * @throws {VaultError} `INTEGRITY` if there is a log without a database.
 */
async function refuseLog(path: string, attempted: string): Promise<void> {
  for (const log of LOGS.map((suffix) => path + suffix)) {
    // In this order: whoever makes the database now writes to its log only then.
    if (!await exists(log) || await exists(path)) continue;
    const problem = `the database is gone, but not its log, ${log}`;
    throw new VaultError("INTEGRITY", attempted, problem, {
      hints: [
        "nothing was changed; to get it back: aivault backup restore <file>",
        `if you do not want it back, remove the log: rm ${shellWord(log)}`,
      ],
    });
  }
}

async function makeIn(directory: string, path: string, attempted: string): Promise<void> {
  try {
    await makePrivateDirectory(directory);
    const temporary = join(directory, "vault.db");
    const file = await open(temporary, "wx", 0o600);
    await file.chmod(0o600);
    await file.close();
    const database = new DatabaseSync(temporary);
    try {
      migrate(database, attempted, "new");
      // Closing it would do so too, and say nothing if it fails.
      database.exec("pragma wal_checkpoint(truncate)");
    } finally {
      database.close();
    }
    await checkWholeFile(temporary, attempted);
    await placeNew(temporary, path, attempted);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(directory, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
  // Whoever makes the vault in it next tries again.
  await rm(directory, { recursive: true, force: true });
}
