/** What dead processes left behind on its way to another name. */
import assert from "node:assert/strict";
import { chown, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { isLeftover, removeLeftovers, temporaryPath } from "../../providers/host/temporary_file.ts";
import { deadPid, withDirectory } from "../helpers/program.ts";

const left = async (path: string): Promise<string> =>
  `${path}.${await deadPid()}.${crypto.randomUUID()}.tmp`;

test("removeLeftovers() removes the files and directories of dead processes, and nothing else", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "name");
    const kept = [
      temporaryPath(path),
      await left(join(directory, "another name")),
      `${path}.1.tmp`,
      path,
    ];
    for (const file of [...kept, await left(path)]) await writeFile(file, "");
    const leftDirectory = await left(path);
    await mkdir(leftDirectory);
    await writeFile(join(leftDirectory, "content"), "");
    assert.equal(await isLeftover(leftDirectory), true);
    await removeLeftovers(path);
    const names = (await readdir(directory)).map((name) => join(directory, name));
    assert.deepEqual(names.sort(), kept.sort());
  });
});

test("removeLeftovers() leaves alone what is another user's", {
  skip: process.getuid?.() === 0 ? false : "only root can give a file to somebody else",
}, async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "name");
    const theirs = await left(path);
    await mkdir(theirs);
    await writeFile(join(theirs, "content"), "");
    await chown(theirs, 65_534, 65_534);
    await removeLeftovers(path);
    assert.equal(await isLeftover(theirs), false);
    assert.deepEqual(await readdir(theirs), ["content"]);
  });
});
