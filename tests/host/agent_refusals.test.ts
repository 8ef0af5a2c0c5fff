/** A place of the agent that is not the user's alone is refused, and not mended behind the user's back. */
import assert from "node:assert/strict";
import { chmod, chown, lstat, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { listen, whoIsThere, withVaultDirectory } from "../helpers/agent_place.ts";

const skip = process.platform === "win32" && "Windows has pipes instead of sockets";
const onlyRoot = skip || (process.getuid?.() !== 0 && "only root can make another user's file");

describe("a place that is not the user's alone is refused, for clients and agents", () => {
  /** How the place is spoilt, and what is said of it. */
  const spoilt: [name: string, spoil: (run: string) => Promise<void>, problem: RegExp][] = [
    ["a directory that others can read", (run) => chmod(run, 0o750), /can be used by other users/],
    ["a directory that others can enter", (run) => chmod(run, 0o701), /can be used by other users/],
    ["a socket that others can use", (run) => chmod(join(run, "agent.sock"), 0o606), /can be used/],
    ["a directory that is a symbolic link", async (run) => {
      await rename(run, `${run}-elsewhere`);
      await symlink(`${run}-elsewhere`, run);
    }, /is a symbolic link/],
    ["a socket that is a symbolic link", async (run) => {
      await rename(join(run, "agent.sock"), join(run, "other.sock"));
      await symlink(join(run, "other.sock"), join(run, "agent.sock"));
    }, /is a symbolic link/],
    ["a file that is no socket", async (run) => {
      await rm(join(run, "agent.sock"));
      await writeFile(join(run, "agent.sock"), "", { mode: 0o600 });
    }, /is not a socket/],
    ["a file where the directory should be", async (run) => {
      await rename(run, `${run}-elsewhere`);
      await writeFile(run, "", { mode: 0o600 });
    }, /is not a directory/],
  ];
  const foreign: typeof spoilt = [
    ["another user's directory", (run) => chown(run, 12_345, 12_345), /belongs to another user/],
    [
      "another user's socket",
      (run) => chown(join(run, "agent.sock"), 12_345, 12_345),
      /belongs to another user/,
    ],
  ];
  for (const [name, spoil, problem] of [...spoilt, ...foreign]) {
    const isForeign = foreign.some(([other]) => other === name);
    it(name, { skip: isForeign ? onlyRoot : skip }, () =>
      withVaultDirectory(async (directory) => {
        const agent = await listen(directory, 1);
        const run = join(directory, "run");
        await spoil(run);
        const before = await lstat(run);
        const refusal = (error: { code: string; problem: string; hints: readonly string[] }) => {
          assert.equal(error.code, "KEY_UNUSABLE");
          assert.match(error.problem, problem);
          assert.notEqual(error.hints.length, 0);
          return true;
        };
        await assert.rejects(whoIsThere(directory), refusal);
        if (name !== "a file where the directory should be") {
          await assert.rejects(listen(directory, 2), refusal);
        } else await assert.rejects(listen(directory, 2));
        assert.equal(
          (await lstat(run)).mode,
          before.mode,
          "nothing is mended behind the user's back",
        );
        await agent?.close();
      }));
  }
});
