/**
 * What has to be on the disk before a name leads to it, and what has to be there before a command says that it is
 * done: seen in the system calls of the program, since nothing here can cut the power.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import test from "node:test";
import { programCommand, withDirectory } from "../helpers/program.ts";
import { type Call, callsBelow, noStrace, traced } from "./syscalls/strace.ts";

const skip = noStrace();
if (skip !== false) console.warn(`skipped: what is synced ${skip}`);

/** Made anew at every start, or SQLite's own to sync. */
const PASSING = /\.init-lock|vault\.db-(wal|shm|journal)|\.copy\./;

const isSync = ({ name }: Call) => name === "fsync" || name === "fdatasync";
const isWrite = ({ name }: Call) => /write|fallocate|ftruncate|copy_file_range/.test(name);

/** The paths that a call names, without those of the directories that they may start from. */
const named = ({ text }: Call): string[] =>
  [...text.matchAll(/"(\/[^"]*)"/g)].map(([, path = ""]) => path);

/** Whether the call at `at` is followed by a sync of `path`. */
function isSyncedAfter(calls: readonly Call[], at: number, path: string): boolean {
  return calls.slice(at + 1).some((call) => isSync(call) && call.paths[0] === path);
}

/** Whether nothing is written to `path` between its last sync, of which there is one, and the call at `at`. */
function isSyncedBefore(calls: readonly Call[], at: number, path: string): boolean {
  const before = calls.slice(0, at).filter((call) => call.paths[0] === path);
  const last = before.findLast((call) => isSync(call) || isWrite(call));
  return last !== undefined && isSync(last);
}

/** Everything that a power cut could take away after the calls, of what the command did on purpose. */
function unsynced(calls: readonly Call[]): string[] {
  return calls.flatMap((call, at) => {
    const path = named(call).at(-1) ?? "";
    if (PASSING.test(path) || / = -1 /.test(call.text)) return [];
    const isPlaced = /^(rename|link)/.test(call.name);
    const from = named(call).at(-2) ?? "";
    const isMade = call.name.startsWith("mkdir") ||
      (call.name.startsWith("open") && call.text.includes("O_EXCL") && !path.endsWith(".tmp"));
    const problems: string[] = [];
    if (isPlaced && !isSyncedBefore(calls, at, from)) problems.push(`${from} before ${call.text}`);
    if ((isPlaced || isMade) && !isSyncedAfter(calls, at, dirname(path))) {
      problems.push(`${dirname(path)} after ${call.text}`);
    }
    return problems;
  });
}

const placed = (calls: readonly Call[], path: string): boolean =>
  calls.some((call) =>
    /^(rename|link|open|mkdir)/.test(call.name) && named(call).at(-1) === path &&
    !/ = -1 /.test(call.text)
  );

test(
  "every key, database, backup and directory is on the disk before a command says that it is done",
  {
    skip,
  },
  async () => {
    await withDirectory(async (parent) => {
      const directory = join(parent, "vaults", "vault");
      const key = join(parent, "keys", "one.key");
      const backup = join(parent, "vault.bak");
      const log = join(parent, "log");
      const env = { AIVAULT_DIR: directory, HOME: parent };
      const steps: readonly (readonly [readonly string[], ...string[]])[] = [
        [
          ["init", "--provider", "file", "--file-path", key],
          directory,
          join(directory, "vault.db"),
          dirname(key),
          key,
        ],
        [["rotate-master"], `${key}.next`, key],
        [["backup", "create", backup], backup],
      ];
      for (const [args, ...paths] of steps) {
        const { exitCode, stderr } = await traced([...programCommand(), ...args], log, { env });
        assert.equal(exitCode, 0, stderr);
        const calls = await callsBelow(log, parent);
        for (const path of paths) assert.ok(placed(calls, path), `${args[0]} made ${path}`);
        assert.deepEqual(unsynced(calls), [], args.join(" "));
      }
    });
  },
);
