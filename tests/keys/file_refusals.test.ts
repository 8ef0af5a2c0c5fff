import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { chmod, chown, lstat, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { MAX_PRIVATE_FILE } from "../../providers/host/private_file.ts";
import { fileKeyProvider } from "../../providers/keys/file.ts";
import { assertRejects } from "../contract/key_subject.ts";
import { inDirectory, NO_MODES, testUnless } from "./helpers.ts";

const NO_CHOWN = NO_MODES ??
  (process.getuid?.() === 0 ? undefined : "only root can give a file to somebody else");
const NO_REFUSAL = NO_MODES ?? (process.getuid?.() === 0 ? "root may read everything" : undefined);

const text = `${Buffer.alloc(32, 5).toString("base64")}\n`;
const settings = { type: "file", path: "kek.key" };

function inVault(directory: string) {
  const path = join(directory, "kek.key");
  return { path, provider: fileKeyProvider({ vaultDirectory: directory, defaultPath: path }) };
}

/** Fails unless both loading and creating refuse what is at the path; gives the error. */
async function assertUnusable({ provider }: ReturnType<typeof inVault>, problem: RegExp) {
  await assertRejects(provider.create({}), "KEY_UNUSABLE");
  const error = await assertRejects(provider.load(settings), "KEY_UNUSABLE");
  assert.match(error.problem, problem);
  return error;
}

testUnless(
  NO_MODES,
  "fileKeyProvider() refuses a key that others can read, and says how to mend it",
  inDirectory(async (directory) => {
    const vault = inVault(directory);
    await writeFile(vault.path, text);
    for (const mode of [0o644, 0o640, 0o604, 0o660, 0o620, 0o601]) {
      await chmod(vault.path, mode);
      const { hints } = await assertUnusable(vault, /can be read by other users/);
      assert.deepEqual(hints, [`mend it with: chmod 600 '${vault.path}'`]);
    }
    assert.equal(await readFile(vault.path, "utf8"), text);
    assert.equal((await stat(vault.path)).mode & 0o777, 0o601, "it mends nothing by itself");
  }),
);

testUnless(
  NO_MODES,
  "fileKeyProvider() gives commands that mend a path with any characters in it",
  inDirectory(async (directory) => {
    const odd = join(directory, `it's "odd" $(exit 1) \\`);
    await mkdir(odd);
    const vault = inVault(odd);
    await writeFile(vault.path, text);
    await chmod(vault.path, 0o644);
    const { hints } = await assertUnusable(vault, /can be read by other users/);
    execFileSync("/bin/sh", ["-c", hints[0]?.replace("mend it with: ", "") ?? ""]);
    assert.equal((await vault.provider.load(settings)).length, 32);
  }),
);

testUnless(
  NO_MODES,
  "fileKeyProvider() accepts a key that its owner may only read",
  inDirectory(async (directory) => {
    const { path, provider } = inVault(directory);
    await writeFile(path, text);
    await chmod(path, 0o400);
    assert.equal((await provider.load(settings)).length, 32);
  }),
);

testUnless(
  NO_CHOWN,
  "fileKeyProvider() refuses a key of another user, and says how to mend it",
  inDirectory(async (directory) => {
    const vault = inVault(directory);
    await writeFile(vault.path, text, { mode: 0o600 });
    await chown(vault.path, 65_534, 65_534);
    const { hints } = await assertUnusable(vault, /belongs to another user/);
    assert.deepEqual(hints, [`mend it with: sudo chown 0 '${vault.path}'`]);
  }),
);

testUnless(
  NO_REFUSAL,
  "fileKeyProvider() keeps a key that it may not read",
  inDirectory(async (directory) => {
    const { path, provider } = inVault(directory);
    await writeFile(path, text);
    await chmod(path, 0);
    for (const attempt of [() => provider.create({}), () => provider.load(settings)]) {
      const { hints } = await assertRejects(attempt(), "KEY_UNAVAILABLE");
      assert.deepEqual(hints, [`if it is yours, mend it with: chmod 600 '${path}'`]);
    }
    await chmod(path, 0o600);
    assert.equal(await readFile(path, "utf8"), text);
  }),
);

testUnless(
  NO_MODES,
  "fileKeyProvider() refuses a symbolic link, even to a good key or to nothing",
  inDirectory(async (directory) => {
    const vault = inVault(directory);
    for (const target of ["good.key", "nothing.key"]) {
      const other = inVault(join(directory, target));
      await mkdir(join(directory, target));
      if (target === "good.key") {
        await writeFile(join(directory, target, "target"), text, { mode: 0o600 });
      }
      await symlink("target", other.path);
      await assertUnusable(other, /is a symbolic link/);
      assert.ok((await lstat(other.path)).isSymbolicLink());
    }
    await symlink(directory, vault.path);
    await assertUnusable(vault, /is a symbolic link/);
  }),
);

testUnless(
  NO_MODES,
  "fileKeyProvider() refuses a staged key that is a symbolic link",
  inDirectory(async (directory) => {
    const { path, provider } = inVault(directory);
    const { kek } = await provider.create({});
    await symlink(path, `${path}.next`);
    await assertRejects(provider.loadStaged(settings), "KEY_UNUSABLE");
    await assertRejects(provider.commit(settings), "KEY_UNUSABLE");
    assert.deepEqual(await provider.load(settings), kek);
    await provider.discard(settings);
    assert.deepEqual(await provider.load(settings), kek);
  }),
);

testUnless(
  NO_MODES,
  "fileKeyProvider() refuses a directory",
  inDirectory(async (directory) => {
    const vault = inVault(directory);
    await mkdir(vault.path, { mode: 0o700 });
    await assertUnusable(vault, /is not a regular file/);
  }),
);

testUnless(
  NO_MODES,
  "fileKeyProvider() refuses a named pipe without waiting for a writer",
  inDirectory(async (directory) => {
    const vault = inVault(directory);
    execFileSync("mkfifo", ["-m", "600", vault.path]);
    await assertUnusable(vault, /is not a regular file/);
  }),
);

testUnless(
  NO_MODES,
  "fileKeyProvider() refuses a socket",
  inDirectory(async (directory) => {
    const vault = inVault(directory);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(vault.path, resolve));
    try {
      await assertUnusable(vault, /is not a regular file/);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }),
);

testUnless(
  NO_MODES,
  "fileKeyProvider() refuses a file that is too large to be a key",
  inDirectory(async (directory) => {
    const vault = inVault(directory);
    await writeFile(vault.path, text.padEnd(MAX_PRIVATE_FILE + 1), { mode: 0o600 });
    await assertUnusable(vault, /is too large to be a key/);
    await writeFile(vault.path, text.padEnd(MAX_PRIVATE_FILE), { mode: 0o600 });
    assert.equal((await vault.provider.load(settings)).length, 32);
  }),
);

testUnless(
  NO_MODES,
  "fileKeyProvider() refuses a file that is not text",
  inDirectory(async (directory) => {
    const vault = inVault(directory);
    await writeFile(vault.path, new Uint8Array(32).fill(0xff), { mode: 0o600 });
    await assertUnusable(vault, /is not text/);
  }),
);

test(
  "fileKeyProvider() refuses an empty path, instead of taking the current directory",
  inDirectory(async (directory) => {
    const { provider } = inVault(directory);
    const error = await assertRejects(provider.create({ "file-path": "" }), "INVALID_INPUT");
    assert.match(error.problem, /empty/);
  }),
);

test(
  "fileKeyProvider() stages nothing that is no key",
  inDirectory(async (directory) => {
    const { path, provider } = inVault(directory);
    const { kek, settings } = await provider.create({});
    for (const wrong of [new Uint8Array(31), new Uint8Array(33), new Uint8Array()]) {
      await assert.rejects(provider.stage(settings, wrong), RangeError);
    }
    await assert.rejects(lstat(`${path}.next`), { code: "ENOENT" });
    const next = new Uint8Array(32).fill(9);
    const staging = provider.stage(settings, next);
    next.fill(0);
    await staging;
    assert.deepEqual(await provider.loadStaged(settings), new Uint8Array(32).fill(9));
    assert.deepEqual(await provider.load(settings), kek);
  }),
);
