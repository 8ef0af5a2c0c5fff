/** A disk that removes nothing: a command says what is wrong with it, and is no fault of aivault's. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { ended, programCommand, startCommand, withDirectory } from "../helpers/program.ts";
import { noStrace } from "./syscalls/strace.ts";

const REMOVALS = "unlink,unlinkat,rmdir";
const FAILING = ["-e", `trace=${REMOVALS}`, "-e", `inject=${REMOVALS}:error=EIO`];

test("a command that can remove nothing exits 74 and says why, or has done its work", {
  skip: noStrace(),
}, () =>
  withDirectory(async (parent) => {
    const env = { AIVAULT_DIR: join(parent, "vault"), HOME: parent };
    const run = (prefix: readonly string[], args: readonly string[]) =>
      ended(startCommand([...prefix, ...programCommand(), ...args], { env }));
    const backup = join(parent, "vault.bak");
    const strace = ["strace", "-f", "-qq", "-o", "/dev/null", ...FAILING];
    for (
      const args of [
        ["init", "--provider", "file"],
        ["rotate-master"],
        ["backup", "create", backup],
        ["backup", "restore", backup, "--force"],
      ]
    ) {
      const failed = await run(strace, args);
      assert.ok([0, 74].includes(failed.exitCode ?? 1), `${args.join(" ")}: ${failed.stderr}`);
      const again = await run([], args);
      // What it had made is there already.
      assert.ok([0, 5].includes(again.exitCode ?? 1), `${args.join(" ")}: ${again.stderr}`);
    }
  }));
