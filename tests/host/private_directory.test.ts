/** makePrivateDirectory(): the directory and the parents that it lacks, or an error that says why not. */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { makePrivateDirectory } from "../../providers/host/private_directory.ts";
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
  timeout: 30_000,
}, async () => {
  await assert.rejects(makePrivateDirectory("/proc/aivault/vault"), {
    code: "DISK",
    problem: "there is no such file or directory",
  });
});
