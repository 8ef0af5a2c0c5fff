/**
 * Databases that are moved or read as one file.
 *
 * @module
 */
import { VaultError } from "../../lib/errors.ts";
import { exists } from "../host/exists.ts";

/** What the files end in that SQLite takes for a part of a database: its write-ahead log, its rollback journal. */
export const LOGS: readonly string[] = ["-wal", "-journal"];

/**
 * Checks that a database that was closed is whole in its one file. Closing it says nothing when the last of the
 * log could not be written there: the log stays, and the file without it is not whole.
 *
 * @throws {VaultError} `DISK`
 */
export async function checkWholeFile(path: string, attempted: string): Promise<void> {
  if (!await exists(`${path}-wal`)) return;
  throw new VaultError("DISK", attempted, "the database could not be written to its end");
}
