/** makePrivateDirectory(): the directory and the parents that it lacks, or an error that says why not. */
import assert from "node:assert/strict";
import { chmod, chown, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import {
  claimPrivateDirectory,
  makePrivateDirectory,
} from "../../providers/host/private_directory.ts";
import { listFiles } from "../helpers/files.ts";
import { withDirectory } from "../helpers/program.ts";

test("makePrivateDirectory() makes what is missing with mode 0700, and leaves what is there", () =>
  withDirectory(async (directory) => {
    await mkdir(join(directory, "there"), { mode: 0o755 });
    const before = await listFiles(directory);
    await makePrivateDirectory(join(directory, "there", "a", "b"));
    await makePrivateDirectory(join(directory, "there", "a", "b"));
    assert.deepEqual(await listFiles(directory), [
      ...before,
      "700 there/a/",
      "700 there/a/b/",
    ]);
  }));

test("makePrivateDirectory() fails with DISK where something else is in the way", () =>
  withDirectory(async (directory) => {
    await writeFile(join(directory, "file"), "");
    await assert.rejects(makePrivateDirectory(join(directory, "file")), {
      code: "DISK",
      problem: "something else is in its place",
    });
    await assert.rejects(makePrivateDirectory(join(directory, "file", "below")), { code: "DISK" });
  }));

test("makePrivateDirectory() ends where no directory can be made, though the parent is there", {
  skip: process.platform === "linux" ? false : "only Linux has a /proc that answers so",
  timeout: 240_000,
}, async () => {
  await assert.rejects(makePrivateDirectory("/proc/aivault/vault"), {
    code: "DISK",
    problem: "there is no such file or directory",
  });
});

test("claimPrivateDirectory() refuses another user's directory, whatever is in it", {
  skip: process.getuid?.() === 0 ? false : "only root can make another user's directory",
}, () =>
  withDirectory(async (directory) => {
    const theirs = join(directory, "theirs");
    await mkdir(theirs);
    await chown(theirs, 12_345, 12_345);
    for (const mode of [0o700, 0o755]) {
      await chmod(theirs, mode);
      await assert.rejects(claimPrivateDirectory(theirs, () => true), {
        code: "INVALID_INPUT",
        problem: `directory ${theirs} belongs to another user`,
      });
      assert.equal((await stat(theirs)).mode & 0o777, mode);
    }
  }));
