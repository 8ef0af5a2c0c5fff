/**
 * The lock that one process holds while it makes a vault, or takes the place of its agent.
 *
 * The lock is a directory. In it the holders stand as files `1`, `2`, …, each linked into place whole, so that
 * exactly one process becomes holder n + 1 when holder n is dead or too slow. The lock only saves
 * work: that there is one vault and one key is enforced by the database and the key file themselves.
 *
 * @module
 */
import { readdirSync } from "node:fs";
import { readdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import * as v from "valibot";
import { VaultError } from "../../lib/errors.ts";
import { utf8 } from "../../lib/crypto/bytes.ts";
import { diskError, errnoOf } from "./disk_error.ts";
import { makePrivateDirectory } from "./private_directory.ts";
import { createPrivateFile } from "./private_file.ts";
import { isAlive } from "./process_alive.ts";
import { removeLeftovers, temporaryPath } from "./temporary_file.ts";

/** A lock older than this is stale: 30 seconds. */
const STALE_AFTER_MS = 30_000;

const POLL_MS = 20;
const FIRST = 1;
const GIVE_UP_AFTER_MS = 2 * STALE_AFTER_MS;

const holderSchema = v.object({ pid: v.number(), timeMs: v.number() });

interface Holder {
  readonly number: number;
  readonly pid: number | undefined;
  readonly timeMs: number;
}

/**
 * Runs `work` while holding the lock at `path`, in a directory that exists.
 *
 * @param isDone Asked while waiting: once true, `work` is not needed any more.
 * @param attempted What the caller is doing, for the message.
 * @returns What `work` gave, or `undefined` if another process has done it.
 * @throws {VaultError} `BUSY` if the lock cannot be had within a minute.
 */
export async function withInitLock<T>(
  path: string,
  isDone: () => Promise<boolean>,
  work: () => Promise<T>,
  attempted = "initialise the vault",
): Promise<T | undefined> {
  const deadline = Date.now() + GIVE_UP_AFTER_MS;
  let number = await acquire(path);
  while (number === undefined) {
    if (await isDone()) return undefined;
    if (Date.now() > deadline) {
      throw new VaultError("BUSY", attempted, `another process holds ${path}`, {
        hints: ["if no other aivault is running, remove that directory and try again"],
      });
    }
    await delay(POLL_MS);
    number = await acquire(path);
  }
  try {
    return await isDone() ? undefined : await work();
  } finally {
    await release(path, number);
  }
}

/**
 * Removes a lock whose holder was killed, where nobody needs it any more: the vault is made. One that cannot
 * be removed does no harm.
 */
export async function removeStaleInitLock(path: string): Promise<void> {
  try {
    await removeLeftovers(path);
    const holder = await readHolder(path);
    if (holder !== undefined && !isHeld(holder)) await release(path, holder.number);
  } catch {
    // The vault is there; opening it does not depend on this.
  }
}

/** Whether there is a lock at `path` whose holder is gone. */
export async function hasStaleInitLock(path: string): Promise<boolean> {
  const holder = await readHolder(path);
  return holder !== undefined && !isHeld(holder);
}

/** The number that this process holds the lock by; `undefined` if another has it. */
async function acquire(path: string): Promise<number | undefined> {
  const holder = await readHolder(path);
  if (holder === undefined) return await makeLock(path) ? FIRST : undefined;
  if (!isStale(holder)) return undefined;
  const number = holder.number + 1;
  return await become(path, number) ? number : undefined;
}

// The lock appears with its holder in it, so none is ever without.
async function makeLock(path: string): Promise<boolean> {
  const temporary = temporaryPath(path);
  try {
    await removeLeftovers(path);
    await makePrivateDirectory(temporary);
    await become(temporary, FIRST);
    await rename(temporary, path);
    return true;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    const errno = errnoOf(error);
    // Another process had it at that moment; it may have released it since.
    if (errno === "EEXIST" || errno === "ENOTEMPTY") return false;
    const isRefused = errno === "EPERM" || errno === "EACCES";
    if (isRefused && await readHolder(path) !== undefined) return false;
    throw diskError(`make the lock ${path}`, error);
  }
}

async function become(path: string, number: number): Promise<boolean> {
  const content = utf8(JSON.stringify({ pid: process.pid, timeMs: Date.now() }));
  try {
    return await createPrivateFile(join(path, String(number)), content);
  } catch (error) {
    // The lock may have been released under a waiter that was about to take it over.
    if (error instanceof VaultError && errnoOf(error.cause) === "ENOENT") return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const number = Math.max(0, ...readdirSync(path).map(numberOf));
    // A process died while it released the lock.
    if (number === 0) return { number, pid: undefined, timeMs: 0 };
    return { number, ...parseHolder(await readFile(join(path, String(number)), "utf8")) };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw diskError(`read the lock ${path}`, error);
  }
}

/** The number that a holder's file is named by; 0 if it is no such file. */
function numberOf(name: string): number {
  return /^[1-9][0-9]{0,14}$/.test(name) ? Number(name) : 0;
}

// Holders appear whole, so one that cannot be read holds nothing: it was damaged, or is not aivault's.
function parseHolder(text: string): Omit<Holder, "number"> {
  try {
    return v.parse(holderSchema, JSON.parse(text));
  } catch {
    return { pid: undefined, timeMs: 0 };
  }
}

function isStale(holder: Holder): boolean {
  return !isHeld(holder) || Date.now() - holder.timeMs > STALE_AFTER_MS;
}

function isHeld(holder: Holder): boolean {
  return holder.pid !== undefined && isAlive(holder.pid);
}

// Whoever took the lock over from this process keeps it: the directory is then not empty.
async function release(path: string, number: number): Promise<void> {
  try {
    for (const name of await readdir(path)) {
      if (numberOf(name) <= number) await rm(join(path, name), { recursive: true, force: true });
    }
    await rmdir(path);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(errnoOf(error))) {
      throw diskError(`release the lock ${path}`, error);
    }
  }
}
