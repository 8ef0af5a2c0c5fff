/**
 * Whether an open database is still the file that its path leads to.
 *
 * @module
 */
import { type Stats, statSync } from "node:fs";
import { VaultError } from "../../lib/errors.ts";
import { errnoOf } from "../host/disk_error.ts";

/** Watches the file at a path. SQLite would go on writing into one that was removed, and nobody would find it again. */
export class FileWatch {
  readonly #path: string;
  readonly #opened: Stats;

  /** @param found What was at `path` before it was opened. */
  constructor(path: string, found: Stats) {
    this.#path = path;
    this.#opened = found;
  }

  /**
   * Checks that it is there still.
   *
   * @throws {VaultError} `DISK` if it was removed, or another one is in its place.
   */
  check(attempted: string): void {
    const found = statOf(this.#path);
    if (found?.ino === this.#opened.ino && found.dev === this.#opened.dev) return;
    const problem = found === undefined
      ? "the database was removed while it was open"
      : "another database was put in its place while it was open";
    throw new VaultError("DISK", attempted, problem, {
      hints: ["nothing was changed; open the vault again, or restore it from a backup"],
    });
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
