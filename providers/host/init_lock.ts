/**
 * The lock that one process holds while it makes a vault.
 *
 * The lock is a directory. In it the holders stand as files `1`, `2`, …, each linked into place whole, so that
 * exactly one process becomes holder n + 1 when holder n is dead or too slow. The lock only saves
 * work: that there is one vault and one key is enforced by the database and the key file themselves.
 *
 * @module
 */
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import * as v from "valibot";
import { VaultError } from "../../lib/errors.ts";
import { utf8 } from "../../lib/crypto/bytes.ts";
import { diskError, errnoOf } from "./disk_error.ts";
import { createPrivateFile } from "./private_file.ts";

/** A lock older than this is stale: 30 seconds. */
export const STALE_AFTER_MS = 30_000;

const POLL_MS = 20;
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
 * @returns What `work` gave, or `undefined` if another process has done it.
 * @throws {VaultError} `BUSY` if the lock cannot be had within a minute.
 */
export async function withInitLock<T>(
  path: string,
  isDone: () => Promise<boolean>,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const deadline = Date.now() + GIVE_UP_AFTER_MS;
  while (!await acquire(path)) {
    if (await isDone()) return undefined;
    if (Date.now() > deadline) {
      throw new VaultError("BUSY", "initialise the vault", `another process holds ${path}`, {
        hints: ["if no other aivault is running, remove that directory and try again"],
      });
    }
    await delay(POLL_MS);
  }
  try {
    return await isDone() ? undefined : await work();
  } finally {
    await release(path);
  }
}

async function acquire(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return await become(path, 1);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw diskError(`make the lock ${path}`, error);
  }
  const holder = await readHolder(path);
  if (holder === undefined || !isStale(holder)) return false;
  return await become(path, holder.number + 1);
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
    const numbers = (await readdir(path)).map(Number).filter(Number.isSafeInteger);
    const number = Math.max(0, ...numbers);
    // A process died between making the directory and entering itself.
    if (number === 0) return { number, pid: undefined, timeMs: (await stat(path)).mtimeMs };
    return {
      number,
      ...v.parse(holderSchema, JSON.parse(await readFile(join(path, String(number)), "utf8"))),
    };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw diskError(`read the lock ${path}`, error);
  }
}

function isStale(holder: Holder): boolean {
  if (Date.now() - holder.timeMs > STALE_AFTER_MS) return true;
  return holder.pid !== undefined && !isAlive(holder.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== "ESRCH";
  }
}

async function release(path: string): Promise<void> {
  const aside = `${path}.${crypto.randomUUID()}`;
  try {
    await rename(path, aside);
    await rm(aside, { recursive: true, force: true });
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw diskError(`release the lock ${path}`, error);
  }
}
