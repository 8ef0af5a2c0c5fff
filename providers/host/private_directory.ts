/**
 * Directories that only their owner may enter.
 *
 * @module
 */
import { constants } from "node:fs";
import { chmod, mkdir, open, readdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { VaultError } from "../../lib/errors.ts";
import { diskError, errnoOf } from "./disk_error.ts";
import { shellWord } from "./shell_word.ts";

/**
 * Makes a directory, and the parents that it lacks, that only the user may enter: mode 0700 whatever
 * the umask, durably. An existing one is left as it is.
 */
export async function makePrivateDirectory(path: string): Promise<void> {
  try {
    await makeEach(path, true);
  } catch (error) {
    throw diskError(`make directory ${path}`, error);
  }
}

async function makeEach(path: string, withParents: boolean): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
    // The umask may have taken the user's own permissions away.
    await chmod(path, 0o700);
    await syncDirectory(dirname(path));
  } catch (error) {
    const errno = errnoOf(error);
    // A file system that takes no directories, such as /proc, says so too when the parent is there.
    if (errno === "ENOENT" && withParents && dirname(path) !== path) {
      await makeEach(dirname(path), true);
      return await makeEach(path, false);
    }
    if (errno !== "EEXIST" || !(await stat(path)).isDirectory()) throw error;
  }
}

/**
 * Makes the directory of a new vault private, or checks that it is. An existing one of the user's is closed to
 * others if nothing but a vault's own files is in it.
 *
 * @param own Tells the names of a vault's own files.
 * @throws {VaultError} `INVALID_INPUT` if others can enter it and it holds other files, or it is
 * somebody else's.
 */
export async function claimPrivateDirectory(
  path: string,
  own: (name: string) => boolean,
): Promise<void> {
  await makePrivateDirectory(path);
  try {
    const { uid, mode } = await stat(path);
    const user = process.getuid?.();
    if (user === undefined || (uid === user && (mode & 0o077) === 0)) return;
    if (uid !== user) throw notPrivate(path, "belongs to another user", "choose another directory");
    const isOwn = (await readdir(path)).every(own);
    if (!isOwn) {
      throw notPrivate(
        path,
        "can be entered by other users",
        `choose another directory or, if this one is to be yours alone: chmod 700 ${
          shellWord(path)
        }`,
      );
    }
    await chmod(path, 0o700);
  } catch (error) {
    throw diskError(`use directory ${path}`, error);
  }
}

/** Makes what was created, renamed or removed in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  try {
    const directory = await open(path, constants.O_RDONLY);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch (error) {
    if (!cannotSync.has(errnoOf(error))) throw error;
  }
}

// A directory that may be written in but not read cannot be opened, and some file systems sync no
// directories: then the name is there, and the system decides when it is durable.
const cannotSync: ReadonlySet<string> = new Set([
  "EACCES",
  "EPERM",
  "EINVAL",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
]);

function notPrivate(path: string, problem: string, hint: string): VaultError {
  return new VaultError("INVALID_INPUT", "make a vault", `directory ${path} ${problem}`, {
    hints: [hint],
  });
}
