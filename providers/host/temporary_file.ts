/**
 * Files and directories on their way to another name. Their names tell whose they are, so that those of a process that was
 * killed are found: they may hold a key.
 *
 * @module
 */
import { readdirSync } from "node:fs";
import { lstat, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { isAlive } from "./process_alive.ts";

/** Older temporary files are left over, whoever has their process's id now: 60 seconds. */
const LEFT_OVER_AFTER_MS = 60_000;

const anySuffix = /\.(\d{1,10})\.[0-9a-f-]{36}\.tmp$/;
const suffix = /^\.(\d{1,10})\.[0-9a-f-]{36}\.tmp$/;

/** A new name, beside `path`, for what is to become `path`. */
export function temporaryPath(path: string): string {
  return `${path}.${process.pid}.${crypto.randomUUID()}.tmp`;
}

/** The name that a temporary one stands for; `undefined` if `path` is not temporary. */
export function finalPath(path: string): string | undefined {
  return anySuffix.test(path) ? path.replace(anySuffix, "") : undefined;
}

/** What takes long to make is not left over before this: a day. */
export const SLOW_LEFT_OVER_AFTER_MS = 86_400_000;

/**
 * Removes the temporary files of `path` that dead processes left behind. What cannot be removed stays: it
 * keeps nobody from writing `path`.
 *
 * @param afterMs How old one is whose process seems to live, but whose id has passed to another one. Milliseconds.
 */
export async function removeLeftovers(
  path: string,
  afterMs: number = LEFT_OVER_AFTER_MS,
): Promise<void> {
  const directory = dirname(path);
  const base = basename(path);
  for (const name of namesIn(directory)) {
    const file = join(directory, name);
    if (!name.startsWith(base) || !suffix.test(name.slice(base.length))) continue;
    if (!await isLeftover(file, afterMs)) continue;
    await rm(file, { recursive: true, force: true }).catch(() => {});
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Whether `file` is a temporary one of the user's that a dead process left behind. */
export async function isLeftover(
  file: string,
  afterMs: number = SLOW_LEFT_OVER_AFTER_MS,
): Promise<boolean> {
  const pid = anySuffix.exec(file)?.[1];
  if (pid === undefined) return false;
  const found = await lstat(file).catch(() => undefined);
  // In a directory that others may write in too, what bears such a name may be theirs, and a trap.
  if (found === undefined || found.uid !== (process.getuid?.() ?? found.uid)) return false;
  return !isAlive(Number(pid)) || Date.now() - found.mtimeMs > afterMs;
}
