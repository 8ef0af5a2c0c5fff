/**
 * The file of a database: how it comes to be, and what is not opened.
 *
 * @module
 */
import type { Stats } from "node:fs";
import { open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode, VaultError } from "../../lib/errors.ts";
import { placeNew } from "../host/backup_file.ts";
import { errnoOf } from "../host/disk_error.ts";
import { makePrivateDirectory, syncDirectory } from "../host/private_directory.ts";
import { exists } from "../host/private_file.ts";
import { shellWord } from "../host/shell_word.ts";
import { removeLeftovers, temporaryPath } from "../host/temporary_file.ts";
import { migrate } from "./migrate.ts";
import { storeError } from "./sqlite_error.ts";

/**
 * Makes a database without a vault at `path`, mode 0600, unless there is one.
 *
 * It appears with all its tables, so that an empty file is never one that is being made: it is what is left of a
 * vault.
 */
export async function makeDatabase(path: string, attempted: string): Promise<void> {
  const base = `${path}.new`;
  try {
    await makePrivateDirectory(dirname(path));
    await removeLeftovers(base);
    if (!await exists(path)) await makeIn(temporaryPath(base), path, attempted);
  } catch (error) {
    // Another process has made one meanwhile.
    if (!hasCode(error, "ALREADY_EXISTS")) throw storeError(attempted, error);
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
    } finally {
      database.close();
    }
    await placeNew(temporary, path, attempted);
    await syncDirectory(dirname(path));
  } finally {
    await rm(directory, { recursive: true, force: true }).catch(() => {});
  }
}

/** How often an empty file is looked at again: where files have no second names, one is there for a moment. */
const LOOKS = 5;
const LOOK_AGAIN_AFTER_MS = 20;

/**
 * Looks at the file at `path`, which SQLite is to be given.
 *
 * @throws {VaultError} `NOT_FOUND` if there is none, `INTEGRITY` if it is empty.
 */
export async function lookAtDatabase(path: string, attempted: string): Promise<Stats> {
  for (let looks = 1;; looks++) {
    const found = await look(path, attempted);
    if (!isEmpty(found)) return found;
    if (looks === LOOKS) throw emptied(path, attempted);
    await delay(LOOK_AGAIN_AFTER_MS);
  }
}

/**
 * Checks that the vault's database at `path` is its owner's alone.
 *
 * @throws {VaultError} `DISK` if others can reach it.
 */
export function checkMode(found: Stats, path: string, attempted: string): void {
  // Windows has no modes.
  if (process.getuid === undefined || (found.mode & 0o077) === 0) return;
  throw new VaultError("DISK", attempted, "other users can reach the database", {
    hints: [`mend it with: chmod 600 ${shellWord(path)}`],
  });
}

// SQLite takes a file of one byte for an empty one, and an empty one for a new database.
function isEmpty(found: Stats): boolean {
  return found.isFile() && found.size <= 1;
}

async function look(path: string, attempted: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw storeError(attempted, error);
    throw new VaultError("NOT_FOUND", attempted, "there is no vault here", {
      hints: ["make one with: aivault init"],
    });
  }
}

function emptied(path: string, attempted: string): VaultError {
  return new VaultError(
    "INTEGRITY",
    attempted,
    "the file is empty: what was in the vault is gone",
    {
      hints: [
        "nothing was changed; to get it back: aivault backup restore <file> --force",
        `if there never was a vault in it, remove it: rm ${shellWord(path)}`,
      ],
    },
  );
}
