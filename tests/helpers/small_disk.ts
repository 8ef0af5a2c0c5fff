/**
 * A file system of one megabyte, for what happens when a disk is full.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import process from "node:process";

/** Runs a command in a mount namespace of its own, as root of it. */
const UNSHARE = process.getuid?.() === 0
  ? ["unshare", "-m"]
  : ["unshare", "--user", "--map-root-user", "--mount"];
const MOUNT = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"';

/** Why there can be no small disk here; `false` if there can. */
export const NO_SMALL_DISK: string | false = findProblem();

function findProblem(): string | false {
  const [file = "", ...args] = onSmallDisk("/mnt", ["true"]);
  const { status } = spawnSync(file, args);
  return status === 0 ? false : "no file system can be mounted here: needs Linux and unshare(1)";
}

/** The command that runs `command` with the small disk on the directory `disk`, for no one else to see. */
export function onSmallDisk(disk: string, command: readonly string[]): string[] {
  return [...UNSHARE, "sh", "-c", MOUNT, disk, ...command];
}
