/**
 * The state of a vault's files: whose they are, and what dead processes left behind.
 *
 * @module
 */
import type { Stats } from "node:fs";
import { chmod, lstat, readdir, rm, stat, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { agentPaths } from "./agent_address.ts";
import { diskError, errnoOf, isAbsence } from "./disk_error.ts";
import { hasStaleInitLock, removeStaleInitLock } from "./init_lock.ts";
import { keyFilePath } from "./key_file_path.ts";
import { KEPT_ASIDE, type VaultPaths } from "./paths.ts";
import { shellWord } from "./shell_word.ts";
import { finalPath, isLeftover } from "./temporary_file.ts";

/** Something that is wrong with a file, and the command that mends it. */
export interface FileProblem {
  /** What is wrong. */
  readonly cause: string;
  /** A command of the shell. */
  readonly mend: string;
  /** Mends it, where that is safe. */
  readonly fix: (() => Promise<void>) | undefined;
}

/** Examines every file of the vault at `paths`, and its key file, by owner and mode. */
export async function examineFiles(
  paths: VaultPaths,
  keyFile: string | undefined,
): Promise<{ examined: number; problems: FileProblem[] }> {
  const { directory: run, socket } = agentPaths(paths.directory);
  const keyPath = keyFile === undefined ? undefined : pathOfKey(paths, keyFile);
  const files = [
    paths.directory,
    paths.database,
    `${paths.database}-wal`,
    `${paths.database}-shm`,
    run,
    socket,
    ...(keyPath === undefined ? [] : [keyPath]),
  ];
  const problems: FileProblem[] = [];
  let examined = 0;
  for (const path of files) {
    // The directory may be reached through a link, and the way to it is not the vault's.
    const found = await look(path, path === paths.directory ? stat : lstat);
    if (found === undefined) continue;
    examined++;
    // A key file that its owner may only read serves: a rotation puts another in its place.
    const problem = problemOf(path, found, path === keyPath ? 0o400 : 0o600);
    if (problem !== undefined) problems.push(problem);
  }
  return { examined, problems };
}

function pathOfKey(paths: VaultPaths, keyFile: string): string {
  return keyFilePath({ vaultDirectory: paths.directory }, keyFile);
}

async function look(
  path: string,
  by: (path: string) => Promise<Stats>,
): Promise<Stats | undefined> {
  try {
    return await by(path);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw diskError(`examine ${path}`, error);
  }
}

function problemOf(path: string, found: Stats, needed: number): FileProblem | undefined {
  const user = process.getuid?.();
  // Windows has neither owners nor modes.
  if (user === undefined) return undefined;
  const word = shellWord(path);
  if (found.isSymbolicLink()) {
    const mend = `ls -l ${word}; put what it should be in its place`;
    return { cause: `${path} is a symbolic link`, mend, fix: undefined };
  }
  if (found.uid !== user) {
    const mend = `sudo chown ${user} ${word}`;
    return { cause: `${path} belongs to another user`, mend, fix: undefined };
  }
  const mode = found.isDirectory() ? 0o700 : 0o600;
  const least = found.isDirectory() ? mode : needed;
  const isOpen = (found.mode & 0o077) !== 0;
  if (!isOpen && (found.mode & least) === least) return undefined;
  return {
    cause: isOpen ? `other users may reach ${path}` : `its owner may not use ${path}`,
    mend: `chmod ${mode.toString(8)} ${word}`,
    fix: () => chmod(path, mode).catch(ignoreMissing),
  };
}

// SQLite's logs come and go.
function ignoreMissing(error: unknown): void {
  if (errnoOf(error) !== "ENOENT") throw error;
}

/** What dead processes left beside the vault and its key file, and what restores have kept. */
export async function findLeftovers(
  paths: VaultPaths,
  keyFile: string | undefined,
): Promise<FileProblem[]> {
  const keys = [paths.keyFile, ...(keyFile === undefined ? [] : [pathOfKey(paths, keyFile)])];
  const directories = new Set([paths.directory, ...keys.slice(1).map(dirname)]);
  const problems: FileProblem[] = [];
  for (const directory of directories) {
    for (const name of (await readdir(directory).catch(() => [])).sort()) {
      const path = join(directory, name);
      if (isOwn(paths, keys, path) && await isLeftover(path)) problems.push(leftover(path));
      else if (path.startsWith(`${paths.database}${KEPT_ASIDE}`)) problems.push(kept(path));
    }
  }
  if (await hasStaleInitLock(paths.initLock)) {
    problems.push({
      cause: `${paths.initLock} is the lock of a process that is gone`,
      mend: `rm -r ${shellWord(paths.initLock)}`,
      fix: () => removeStaleInitLock(paths.initLock),
    });
  }
  return problems;
}

/** Whether a temporary file's name is one that the program gives: the key file may lie among anything. */
function isOwn(paths: VaultPaths, keys: readonly string[], path: string): boolean {
  const final = finalPath(path);
  if (final === undefined) return false;
  const { database, initLock } = paths;
  const own = [`${database}.new`, `${database}.copy`, initLock];
  for (const key of keys) own.push(key, `${key}.next`);
  return own.includes(final) || /^aivault-backup-[0-9a-f]{8}$/.test(basename(final));
}

// Whether it is still needed, only its owner knows.
function kept(path: string): FileProblem {
  const cause =
    `${path} is the vault from before a restore: as long as it is there, so are its secrets`;
  return { cause, mend: `rm ${shellWord(path)}`, fix: undefined };
}

function leftover(path: string): FileProblem {
  return {
    cause: `${path} was left behind by a process that is gone`,
    mend: `rm -r ${shellWord(path)}`,
    fix: () => rm(path, { recursive: true, force: true }),
  };
}

/** Bytes that are free where the vault is, and bytes of its database. */
export async function spaceOf(
  paths: VaultPaths,
): Promise<{ free: number; database: number } | undefined> {
  try {
    const { bavail, bsize } = await statfs(paths.directory);
    const { size } = await lstat(paths.database);
    return { free: Number(bavail) * Number(bsize), database: size };
  } catch {
    // Deno without the permission, or a file system that does not tell.
    return undefined;
  }
}
