/**
 * Backup files: `aivault-backup 1` and a newline, the length of the manifest as u32 big-endian, the
 * manifest, and the database to the end.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { VaultError } from "../../lib/errors.ts";
import { concat, equalBytes, utf8 } from "../../lib/crypto/bytes.ts";
import type { FileDigest } from "../../lib/vault/backup_manifest.ts";
import { diskError, errnoOf, isAbsence } from "./disk_error.ts";
import { syncDirectory } from "./private_directory.ts";
import { exists } from "./exists.ts";
import { removeLeftovers, SLOW_LEFT_OVER_AFTER_MS, temporaryPath } from "./temporary_file.ts";

const MAGIC = utf8("aivault-backup 1\n");
/** The longest manifest that is read: 64 KiB. */
const MAX_MANIFEST = 65_536;
const BLOCK = 65_536;

/** Length and SHA-256 of the file at `path`. */
export async function digestFile(path: string, attempted: string): Promise<FileDigest> {
  const hash = createHash("sha256");
  let size = 0;
  try {
    await withFile(path, constants.O_RDONLY, async (file) => {
      for await (const block of blocksOf(file, 0)) {
        hash.update(block);
        size += block.length;
      }
    });
  } catch (error) {
    throw diskError(attempted, error);
  }
  return { size, sha256: hash.digest("hex") };
}

/**
 * Copies a file into a new one of mode 0600, durably.
 *
 * @param held Takes the file that was copied, for the caller to close: a process that closes a file loses all locks
 * that it has on it, those of SQLite too. Default: it is closed.
 * @returns `false`, changing nothing, if there is no such file.
 */
export async function copyPrivateFile(
  from: string,
  to: string,
  attempted: string,
  held?: FileHandle[],
): Promise<boolean> {
  let source: FileHandle | undefined;
  try {
    const opened = source = await open(from, constants.O_RDONLY);
    await withFile(to, NEW, async (target) => {
      await target.chmod(0o600);
      for await (const block of blocksOf(opened, 0)) await target.appendFile(block);
      await target.sync();
    });
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" && !await exists(from)) return false;
    throw diskError(attempted, error);
  } finally {
    if (held === undefined) await source?.close();
    else if (source !== undefined) held.push(source);
  }
}

/**
 * Writes a backup file of mode 0600; it appears whole and durable, or not at all. A process that is killed can leave a
 * temporary file beside it, which the next backup of the same vault into this directory removes.
 *
 * @throws {VaultError} `ALREADY_EXISTS` if there is something at `path`, `DISK`.
 */
export async function writeBackupFile(
  path: string,
  manifest: Uint8Array,
  database: string,
  vaultId: string,
): Promise<void> {
  const attempted = `write ${path}`;
  // By the vault, for backups mostly get a name of their own, and others may keep theirs in the same directory.
  const base = join(dirname(path), `aivault-backup-${vaultId.slice(0, 8)}`);
  const temporary = temporaryPath(base);
  try {
    await removeLeftovers(base, SLOW_LEFT_OVER_AFTER_MS);
    await withFile(temporary, NEW, async (file) => {
      await file.chmod(0o600);
      await file.appendFile(concat(MAGIC, lengthOf(manifest), manifest));
      await withFile(database, constants.O_RDONLY, async (source) => {
        for await (const block of blocksOf(source, 0)) await file.appendFile(block);
      });
      await file.sync();
    });
    await placeNew(temporary, path, attempted);
    await syncDirectory(dirname(path));
  } catch (error) {
    throw diskError(attempted, error);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/**
 * Gives the file `temporary` the name `path`, which must be free.
 *
 * @throws {VaultError} `ALREADY_EXISTS`
 */
export async function placeNew(temporary: string, path: string, attempted: string): Promise<void> {
  try {
    await link(temporary, path);
    await rm(temporary, { force: true });
  } catch (error) {
    if (errnoOf(error) === "EEXIST") throw isThere(attempted);
    if (!NO_LINKS.has(errnoOf(error))) throw error;
    await placeWithoutLink(temporary, path, attempted);
  }
}

// Some file systems, those of memory sticks among them, have no second names: an empty file takes the place first.
async function placeWithoutLink(temporary: string, path: string, attempted: string): Promise<void> {
  try {
    await withFile(path, NEW, () => Promise.resolve());
  } catch (error) {
    throw errnoOf(error) === "EEXIST" ? isThere(attempted) : error;
  }
  await rename(temporary, path);
}

const NO_LINKS: ReadonlySet<string> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
]);
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

function isThere(attempted: string): VaultError {
  return new VaultError("ALREADY_EXISTS", attempted, "there is a file of this name", {
    hints: ["nothing was changed; choose another name"],
  });
}

/**
 * Takes a backup file apart: gives the manifest, and writes the database to `database`, a new file of mode 0600.
 *
 * @throws {VaultError} `NOT_FOUND` if there is no such file, `INTEGRITY` if it is no backup.
 */
export async function readBackupFile(path: string, database: string): Promise<Uint8Array> {
  const attempted = `read ${path}`;
  try {
    return await withFile(path, constants.O_RDONLY, async (file) => {
      const head = await readExactly(file, 0, MAGIC.length + 4);
      const isBackup = head !== undefined && equalBytes(head.subarray(0, MAGIC.length), MAGIC);
      if (!isBackup) throw noBackup(attempted);
      const length = new DataView(head.buffer, head.byteOffset + MAGIC.length, 4).getUint32(0);
      const manifest = length > MAX_MANIFEST
        ? undefined
        : await readExactly(file, head.length, length);
      if (manifest === undefined) throw noBackup(attempted);
      await withFile(database, NEW, async (target) => {
        await target.chmod(0o600);
        for await (const block of blocksOf(file, head.length + length)) {
          await target.appendFile(block);
        }
        await target.sync();
      });
      return manifest;
    });
  } catch (error) {
    if (isAbsence(error)) {
      throw new VaultError("NOT_FOUND", attempted, "there is no such file", { cause: error });
    }
    throw diskError(attempted, error);
  }
}

function noBackup(attempted: string): VaultError {
  return new VaultError("INTEGRITY", attempted, "it is no backup of aivault, or it was truncated");
}

function lengthOf(manifest: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, manifest.length);
  return length;
}

async function readExactly(
  file: FileHandle,
  position: number,
  length: number,
): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, position + read);
    if (bytesRead === 0) return undefined;
    read += bytesRead;
  }
  return bytes;
}

async function* blocksOf(file: FileHandle, start: number): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(BLOCK);
  let position = start;
  while (true) {
    const { bytesRead } = await file.read(block, 0, BLOCK, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield block.subarray(0, bytesRead);
  }
}

async function withFile<T>(
  path: string,
  flags: number,
  work: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags, 0o600);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}
