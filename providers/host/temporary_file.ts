/**
 * Files and directories on their way to another name. Their names tell whose they are, so that those of a process that was
 * killed are found: they may hold a key.
 *
 * @module
 */
import { lstat, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { isAlive } from "./process_alive.ts";

/** Older temporary files are left over, whoever has their process's id now: 60 seconds. */
const LEFT_OVER_AFTER_MS = 60_000;

const suffix = /^\.(\d{1,10})\.[0-9a-f-]{36}\.tmp$/;

/** A new name, beside `path`, for what is to become `path`. */
export function temporaryPath(path: string): string {
  return `${path}.${process.pid}.${crypto.randomUUID()}.tmp`;
}

/**
 * Removes the temporary files of `path` that dead processes left behind. What cannot be removed stays: it
 * keeps nobody from writing `path`.
 */
export async function removeLeftovers(path: string): Promise<void> {
  const directory = dirname(path);
  const base = basename(path);
  for (const name of await readdir(directory).catch(() => [])) {
    const pid = name.startsWith(base) ? suffix.exec(name.slice(base.length))?.[1] : undefined;
    if (pid === undefined) continue;
    const file = join(directory, name);
    if (isAlive(Number(pid)) && !await isOld(file)) continue;
    await rm(file, { recursive: true, force: true }).catch(() => {});
  }
}

async function isOld(file: string): Promise<boolean> {
  const { mtimeMs } = await lstat(file).catch(() => ({ mtimeMs: Infinity }));
  return Date.now() - mtimeMs > LEFT_OVER_AFTER_MS;
}
