/**
 * The modes of the program's files, from the system call that makes each of them on.
 *
 * @module
 */
import test from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import { listFiles } from "../helpers/files.ts";
import { programCommand, withDirectory } from "../helpers/program.ts";
import { hold } from "./children.ts";
import { type Call, callsBelow, noStrace, traced } from "./syscalls/strace.ts";
import { environmentOf, makeVault, worldIn } from "./vaults.ts";

const skip = noStrace();
if (skip !== false) console.warn(`skipped: the modes at the system calls: ${skip}`);

/** Runs the program under umask 000, and gives the calls by which it changed files below `directory`. */
async function callsOf(
  directory: string,
  args: readonly string[],
  stdin: string,
): Promise<Call[]> {
  const log = join(directory, "trace");
  const world = worldIn(join(directory, "vault"), "file");
  const command = ["sh", "-c", 'umask 000; exec "$0" "$@"', ...programCommand(), ...args];
  const { exitCode, stderr } = await traced(command, log, { env: environmentOf(world), stdin });
  assert.equal(exitCode, 0, stderr);
  return await callsBelow(log, world.directory);
}

/** The modes that `vault` and what is in it are made with, by name. */
function modesAtBirth(calls: readonly Call[], vault: string): Map<string, Set<string>> {
  const modes = new Map<string, Set<string>>();
  const known = new Set<string>();
  for (const { name, text, paths } of calls) {
    // Another name for what was made with its mode already.
    if (/^link(at)?$/.test(name)) paths.forEach((each) => known.add(each));
    const path = paths.find((each) => each === vault || each.startsWith(`${vault}/`)) ?? "";
    const isBirth = /^(open|openat|creat|mkdir|mkdirat)$/.test(name) && !text.includes(" = -1 ");
    if (!isBirth || known.has(path)) continue;
    known.add(path);
    const mode = /(0\d{3})\)? +=/.exec(text)?.[1] ?? /, (0\d{3}) <unfinished/.exec(text)?.[1];
    const base = path.slice(path.lastIndexOf("/") + 1).replace(/\.\d+\.[0-9a-f-]{36}\.tmp$/, "");
    modes.set(base, (modes.get(base) ?? new Set()).add(mode ?? text));
  }
  return modes;
}

test(
  "every file is made 0600 and every directory 0700 by the very call that makes it, under umask 000",
  {
    skip,
  },
  async () => {
    await withDirectory(async (directory) => {
      const create = ["secrets", "create", "NEW", "--value-file", "-"];
      const calls = [
        ...await callsOf(directory, create, "a value"),
        ...await callsOf(directory, ["rotate-master"], ""),
      ];
      const files = new Set(["0600"]);
      const directories = new Set(["0700"]);
      const modes = modesAtBirth(calls, join(directory, "vault"));
      // What SQLite opens by its own wish bears 0644, but is there already.
      for (const name of ["vault.db", "vault.db-wal", "vault.db-shm", "kek.key", "kek.key.next"]) {
        assert.deepEqual(modes.get(name), files, name);
        modes.delete(name);
      }
      for (const name of ["vault", ".init-lock", "vault.db.new"]) {
        assert.deepEqual(modes.get(name), directories, name);
        modes.delete(name);
      }
      for (const [name, found] of modes) assert.deepEqual(found, files, name);
    });
  },
);

test("the files of a vault are 0600 while a rotation is being written", async () => {
  await withDirectory(async (parent) => {
    const world = await makeVault(join(parent, "vault"), "file");
    const child = await hold({ world, rotateTo: "same", at: "step:rewrapped" });
    assert.deepEqual(await listFiles(world.directory), [
      "600 kek.key",
      "600 kek.key.next",
      "600 vault.db",
      "600 vault.db-shm",
      "600 vault.db-wal",
    ]);
    child.go();
    assert.equal((await child.ended).exitCode, 0);
  });
});
