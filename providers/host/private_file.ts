/**
 * Files that only their owner may read, written so that a crash leaves the old or the new content whole.
 *
 * @module
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { link, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { VaultError } from "../../lib/errors.ts";
import { diskError, errnoOf, isAbsence } from "./disk_error.ts";
import { makePrivateDirectory, syncDirectory } from "./private_directory.ts";
import { shellWord } from "./shell_word.ts";
import { removeLeftovers, temporaryPath } from "./temporary_file.ts";

/** The longest private file that is read: 64 KiB. */
export const MAX_PRIVATE_FILE = 65_536;

const MAX_ATTEMPTS = 3;

/**
 * The content of a private file; `undefined` if it does not exist. The caller wipes it. It is read in this thread:
 * another takes longer to be asked than so small a file to be read.
 *
 * @throws {VaultError} `KEY_UNUSABLE` if it is a symbolic link or no regular file, belongs to somebody
 * else, can be read by others, or is too large; `KEY_UNAVAILABLE` if it may not be read.
 */
export async function readPrivateFile(
  path: string,
  attempted: string,
): Promise<Uint8Array | undefined> {
  let fd: number;
  try {
    fd = openSync(
      path,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
  } catch (error) {
    const errno = errnoOf(error);
    const isAbsent = isAbsence(error);
    if (errno === "ELOOP" || errno === "EMLINK" || (isAbsent && isLink(path))) {
      throw unusable(path, attempted, "is a symbolic link");
    }
    if (isAbsent) return undefined;
    if (errno === "ENXIO" || errno === "EISDIR") {
      throw unusable(path, attempted, "is not a regular file");
    }
    const code = errno === "EACCES" || errno === "EPERM" ? "KEY_UNAVAILABLE" : "DISK";
    throw new VaultError(code, attempted, `key file ${path} cannot be read (${errno})`, {
      hints: code === "DISK" ? [] : [`if it is yours, mend it with: chmod 600 ${shellWord(path)}`],
      cause: error,
    });
  }
  try {
    checkPrivate(fd, path, attempted);
    return readAll(fd);
  } catch (error) {
    throw diskError(attempted, error);
  } finally {
    closeSync(fd);
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function checkPrivate(fd: number, path: string, attempted: string): void {
  checkInPlace(fd, path, attempted);
  const found = fstatSync(fd);
  const { mode, size, uid } = found;
  if (!found.isFile()) throw unusable(path, attempted, "is not a regular file");
  if (size > MAX_PRIVATE_FILE) throw unusable(path, attempted, "is too large to be a key");
  const user = process.getuid?.();
  if (user === undefined) return;
  if (uid !== user) {
    throw unusable(
      path,
      attempted,
      "belongs to another user",
      `sudo chown ${user} ${shellWord(path)}`,
    );
  }
  if ((mode & 0o077) !== 0) {
    throw unusable(path, attempted, "can be read by other users", `chmod 600 ${shellWord(path)}`);
  }
}

/**
 * Deno, when it has less than all permissions, resolves a path before it opens it, so that O_NOFOLLOW sees no
 * link. Therefore what was opened must be what lies at the path itself.
 */
function checkInPlace(fd: number, path: string, attempted: string): void {
  const opened = fstatSync(fd, { bigint: true });
  const found = lstatSync(path, { bigint: true });
  if (found.isSymbolicLink()) throw unusable(path, attempted, "is a symbolic link");
  if (found.ino !== opened.ino || found.dev !== opened.dev) {
    throw unusable(path, attempted, "was replaced while it was read");
  }
}

function readAll(fd: number): Uint8Array {
  const buffer = new Uint8Array(MAX_PRIVATE_FILE);
  try {
    let length = 0;
    while (length < buffer.length) {
      const bytesRead = readSync(fd, buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.slice(0, length);
  } finally {
    buffer.fill(0);
  }
}

/**
 * Writes a new private file, mode 0600, durably; it appears with all its content or not at all. A process that
 * is killed can leave a temporary file behind, which whoever writes or removes the same file next removes.
 *
 * @returns `false`, changing nothing, if the file exists.
 */
export async function createPrivateFile(path: string, content: Uint8Array): Promise<boolean> {
  return await viaTemporary(path, content, async (temporary) => {
    try {
      await link(temporary, path);
      return true;
    } catch (error) {
      if (errnoOf(error) === "EEXIST") return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  });
}

/** Writes a private file, mode 0600, durably, in the place of whatever is there. */
export async function replacePrivateFile(path: string, content: Uint8Array): Promise<void> {
  await viaTemporary(path, content, (temporary) => rename(temporary, path));
}

/** Removes a file, if it exists, and what was on its way to its name, durably. */
export async function removeFile(path: string): Promise<void> {
  try {
    await removeLeftovers(path);
    await rm(path, { force: true });
    await syncDirectory(dirname(path));
  } catch (error) {
    if (!isAbsence(error)) throw diskError(`remove ${path}`, error);
  }
}

async function viaTemporary<T>(
  path: string,
  content: Uint8Array,
  place: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = temporaryPath(path);
  try {
    await makePrivateDirectory(dirname(path));
    await removeLeftovers(path);
    const result = await writeAndPlace(temporary, content, place);
    await syncDirectory(dirname(path));
    return result;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw diskError(`write ${path}`, error);
  }
}

async function writeAndPlace<T>(
  temporary: string,
  content: Uint8Array,
  place: (temporary: string) => Promise<T>,
): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      await writeNew(temporary, content);
      return await place(temporary);
    } catch (error) {
      // Who cannot see this process, from another container, may have taken the file for a dead one's.
      if (errnoOf(error) !== "ENOENT" || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

async function writeNew(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

function unusable(path: string, attempted: string, what: string, mend?: string): VaultError {
  const hints = mend === undefined ? [] : [`mend it with: ${mend}`];
  return new VaultError("KEY_UNUSABLE", attempted, `key file ${path} ${what}`, { hints });
}
