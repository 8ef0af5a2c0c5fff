/**
 * Files of a database that this user may not use: SQLite says that something is refused, but not what.
 *
 * @module
 */
import { chmod, lstat, stat } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { VaultError } from "../../lib/errors.ts";
import { errnoOf } from "../host/disk_error.ts";
import { shellWord } from "../host/shell_word.ts";
import { storeError } from "./sqlite_error.ts";

/** The error of a refusal, which names the files that caused it and the commands that mend them. */
export async function refusedFiles(
  path: string,
  attempted: string,
  error: unknown,
): Promise<unknown> {
  const refused = new Map<string, string[]>();
  for (const each of [dirname(path), path, `${path}-wal`, `${path}-shm`]) {
    const command = await mendingCommand(each);
    if (command !== undefined) refused.set(command, [...refused.get(command) ?? [], each]);
  }
  if (refused.size === 0) {
    return await isReadOnly(dirname(path))
      ? readOnly(attempted, error)
      : storeError(attempted, error);
  }
  const commands = [...refused].map(([command, paths]) =>
    [command, ...paths.map(shellWord)].join(" ")
  );
  const problem = `this user may not use ${[...refused.values()].flat().join(", ")}`;
  return new VaultError("DISK", attempted, problem, {
    hints: [`nothing was lost; mend it with: ${commands.join(" && ")}`],
    cause: error,
  });
}

async function isReadOnly(directory: string): Promise<boolean> {
  try {
    // What changes nothing, and is refused all the same. Deno would say that root may write there.
    await chmod(directory, (await stat(directory)).mode & 0o7777);
    return false;
  } catch (error) {
    return errnoOf(error) === "EROFS";
  }
}

// The log of SQLite is a file beside the database, also for who only reads.
function readOnly(attempted: string, cause: unknown): VaultError {
  return new VaultError("DISK", attempted, "the file system is read-only", {
    hints: ["nothing was lost; make it writable: a vault is written to also when it is only read"],
    cause,
  });
}

/** The command that lets the user have what is at `path`; `undefined` if nothing keeps him from it. */
async function mendingCommand(path: string): Promise<string | undefined> {
  const user = process.getuid?.();
  const found = await lstat(path).catch(() => undefined);
  // Windows has neither owners nor modes.
  if (user === undefined || found === undefined) return undefined;
  if (found.uid !== user) return `sudo chown ${user}`;
  const needed = found.isDirectory() ? 0o700 : 0o600;
  return (found.mode & needed) === needed ? undefined : `chmod ${needed.toString(8)}`;
}
