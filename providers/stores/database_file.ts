/**
 * The file of a database, and what is not opened.
 *
 * @module
 */
import { lstatSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { VaultError } from "../../lib/errors.ts";
import { errnoOf } from "../host/disk_error.ts";
import { shellWord } from "../host/shell_word.ts";
import { storeError } from "./sqlite_error.ts";

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
    const found = look(path, attempted);
    if (!isEmpty(found)) return found;
    if (looks === LOOKS) throw emptied(path, attempted);
    await delay(LOOK_AGAIN_AFTER_MS);
  }
}

/**
 * Checks that the vault's database at `path` is the user's alone.
 *
 * @throws {VaultError} `DISK` if others can reach it.
 */
export function checkPrivate(found: Stats, path: string, attempted: string): void {
  const user = process.getuid?.();
  // Windows has neither owners nor modes.
  if (user === undefined) return;
  if (found.uid !== user) {
    throw notPrivate(attempted, "the database belongs to another user", `sudo chown ${user}`, path);
  }
  if ((found.mode & 0o077) !== 0) {
    throw notPrivate(attempted, "other users can reach the database", "chmod 600", path);
  }
  checkDirectory(dirname(realpathSync(path)), attempted);
}

/**
 * Checks that nobody else may write in the directory of a database: he could put another file in its place, or a
 * write-ahead log beside it.
 *
 * @throws {VaultError} `DISK` if others can, or it is another user's.
 */
export function checkDirectory(directory: string, attempted: string): void {
  const user = process.getuid?.();
  if (user === undefined) return;
  const { uid, mode } = statSync(directory);
  if (uid !== user && uid !== ROOT) {
    const problem = "the directory of the database belongs to another user";
    throw notPrivate(attempted, problem, `sudo chown ${user}`, directory);
  }
  if ((mode & 0o022) === 0) return;
  const problem = "other users can write in the directory of the database";
  if (uid === user && (mode & STICKY) === 0) {
    throw notPrivate(attempted, problem, "chmod go-w", directory);
  }
  // It is everybody's, as /tmp is, and has to stay so.
  throw new VaultError("DISK", attempted, problem, {
    hints: ["keep the database in a directory of your own"],
  });
}

const ROOT = 0;
const STICKY = 0o1000;

function notPrivate(
  attempted: string,
  problem: string,
  command: string,
  path: string,
): VaultError {
  return new VaultError("DISK", attempted, problem, {
    hints: [`mend it with: ${command} ${shellWord(path)}`],
  });
}

// SQLite takes a file of one byte for an empty one, and an empty one for a new database.
function isEmpty(found: Stats): boolean {
  return found.isFile() && found.size <= 1;
}

function look(path: string, attempted: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw storeError(attempted, error);
    if (isLink(path)) throw leadsNowhere(path, attempted);
    throw new VaultError("NOT_FOUND", attempted, "there is no vault here", {
      hints: ["make one with: aivault init"],
    });
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function leadsNowhere(path: string, attempted: string): VaultError {
  return new VaultError("DISK", attempted, "it is a symbolic link that leads nowhere", {
    hints: [
      `nothing was changed; bring back what it leads to, or remove it: rm ${shellWord(path)}`,
    ],
  });
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
