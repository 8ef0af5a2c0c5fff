import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import test from "node:test";
import { fileKeyProvider, fileKeyProviderOn, filePlace } from "../../providers/keys/file.ts";
import { keyProviderContract } from "../contract/key_provider.ts";
import { assertRejects } from "../contract/key_subject.ts";
import { inDirectory, NO_MODES, runScript, temporaryDirectory, testUnless } from "./helpers.ts";

await keyProviderContract("fileKeyProvider()", async () => {
  const vaultDirectory = await temporaryDirectory();
  const defaultPath = join(vaultDirectory, "kek.key");
  return {
    open: () => fileKeyProvider({ vaultDirectory, defaultPath }),
    options: {},
    async put(text) {
      await rm(defaultPath, { force: true });
      if (text !== undefined) await writeFile(defaultPath, text, { mode: 0o600 });
    },
    through(effect) {
      const place = (path: string) => {
        const file = filePlace(path);
        return {
          description: file.description,
          read: () => effect(() => file.read()),
          create: (text: Uint8Array) => effect(() => file.create(text)),
          replace: (text: Uint8Array) => effect(() => file.replace(text)),
          remove: () => effect(() => file.remove()),
        };
      };
      return fileKeyProviderOn(place, { vaultDirectory, defaultPath });
    },
    dispose: () => rm(vaultDirectory, { recursive: true }),
  };
});

/** A provider whose vault and key are in `directory`, and the path of its key. */
function inVault(directory: string) {
  const path = join(directory, "kek.key");
  return { path, provider: fileKeyProvider({ vaultDirectory: directory, defaultPath: path }) };
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test(
  "fileKeyProvider() ignores white space around the key",
  inDirectory(async (directory) => {
    const { path, provider } = inVault(directory);
    const key = Buffer.alloc(32, 5);
    for (
      const text of [`${key.toString("base64")}\n`, `\r\n  ${key.toString("base64url")}\t\r\n`]
    ) {
      await writeFile(path, text, { mode: 0o600 });
      assert.deepEqual(Buffer.from((await provider.create({})).kek), key);
    }
  }),
);

test(
  "fileKeyProvider() leaves the file of a living key untouched",
  inDirectory(async (directory) => {
    const { path, provider } = inVault(directory);
    const text = `${Buffer.alloc(32, 5).toString("base64url")}\n`;
    await writeFile(path, text, { mode: 0o600 });
    await provider.create({});
    assert.equal(await readFile(path, "utf8"), text);
  }),
);

test(
  "fileKeyProvider() leaves a file untouched that is not a key",
  inDirectory(async (directory) => {
    const { path, provider } = inVault(directory);
    for (const text of ["", " \n", "not a key"]) {
      await writeFile(path, text, { mode: 0o600 });
      await assertRejects(provider.create({}), "KEY_UNUSABLE");
      assert.equal(await readFile(path, "utf8"), text);
    }
  }),
);

testUnless(
  NO_MODES,
  "fileKeyProvider() makes files 0600 in directories 0700, whatever the umask",
  inDirectory(async (directory) => {
    for (const umask of [0, 0o022, 0o277, 0o777]) {
      const { path, provider } = inVault(join(directory, `umask ${umask}`, "a", "b"));
      const former = process.umask(umask);
      try {
        const { settings } = await provider.create({});
        await provider.stage(settings, new Uint8Array(32));
      } finally {
        process.umask(former);
      }
      assert.equal(await modeOf(path), 0o600);
      assert.equal(await modeOf(`${path}.next`), 0o600);
      for (const made of [dirname(path), dirname(dirname(path)), dirname(dirname(dirname(path)))]) {
        assert.equal(await modeOf(made), 0o700, `${made} under umask ${umask.toString(8)}`);
      }
    }
  }),
);

testUnless(
  NO_MODES,
  "fileKeyProvider() leaves the mode of a directory that is there",
  inDirectory(async (directory) => {
    await chmod(directory, 0o755);
    await inVault(directory).provider.create({});
    assert.equal(await modeOf(directory), 0o755);
  }),
);

test(
  "fileKeyProvider() leaves nothing but the key behind",
  inDirectory(async (directory) => {
    const { provider } = inVault(directory);
    const { settings } = await provider.create({});
    await provider.stage(settings, new Uint8Array(32));
    assert.deepEqual((await readdir(directory)).sort(), ["kek.key", "kek.key.next"]);
    await provider.commit(settings);
    assert.deepEqual(await readdir(directory), ["kek.key"]);
    await provider.retire(settings);
    assert.deepEqual(await readdir(directory), []);
  }),
);

test(
  "fileKeyProvider() is not disturbed by the temporary file of a process that was killed",
  inDirectory(async (directory) => {
    const { path, provider } = inVault(directory);
    await writeFile(`${path}.${crypto.randomUUID()}.tmp`, "half a k");
    await writeFile(`${path}.next.${crypto.randomUUID()}.tmp`, "half a k");
    const { kek, settings, adopted } = await provider.create({});
    assert.equal(adopted, false);
    assert.deepEqual(await provider.load(settings), kek);
    assert.equal(await provider.loadStaged(settings), undefined);
  }),
);

testUnless(
  undefined,
  "fileKeyProvider() makes one key in twenty processes at once",
  inDirectory(async (directory) => {
    const { path, provider } = inVault(join(directory, "new", "vault"));
    const printed = await Promise.all(
      Array.from({ length: 20 }, () => runScript("./create_key_process.ts", path)),
    );
    const lines = printed.map((line) => line.trim().split(" "));
    assert.equal(lines.filter(([how]) => how === "made").length, 1);
    const { kek } = await provider.create({});
    const digest = createHash("sha256").update(kek).digest("hex");
    assert.deepEqual(new Set(lines.map(([, theirs]) => theirs)), new Set([digest]));
  }),
);

test(
  "fileKeyProvider() stores the path of a key in the vault's directory so that both can be moved",
  inDirectory(async (directory) => {
    const [before, after] = [join(directory, "before"), join(directory, "after")];
    const { kek, settings } = await inVault(before).provider.create({
      "file-path": join(before, "keys", "my.key"),
    });
    assert.deepEqual(settings, { type: "file", path: join("keys", "my.key") });
    await rename(before, after);
    const moved = inVault(after).provider;
    assert.deepEqual(await moved.load(settings), kek);
    assert.equal(moved.describe(settings), `key file ${join(after, "keys", "my.key")}`);
  }),
);

test(
  "fileKeyProvider() stores the whole path of a key outside the vault's directory",
  inDirectory(async (directory) => {
    const vault = join(directory, "vault");
    for (const path of [join(directory, "vault.key"), join(directory, "keys", "kek.key")]) {
      const { kek, settings } = await inVault(vault).provider.create({ "file-path": path });
      assert.deepEqual(settings, { type: "file", path });
      assert.deepEqual(await inVault(join(directory, "elsewhere")).provider.load(settings), kek);
    }
  }),
);

test(
  "fileKeyProvider() takes a relative --file-path from where the user is",
  inDirectory(async (directory) => {
    const path = join(directory, "keys", "my.key");
    const { provider } = inVault(join(directory, "vault"));
    const { settings } = await provider.create({ "file-path": relative(process.cwd(), path) });
    assert.deepEqual(settings, { type: "file", path });
  }),
);

test(
  "fileKeyProvider() says which file is missing",
  inDirectory(async (directory) => {
    const { path, provider } = inVault(directory);
    const { message } = await assertRejects(
      provider.load({ type: "file", path: "kek.key" }),
      "KEY_MISSING",
    );
    assert.equal(message, `read the vault's key: key file ${path} does not exist`);
  }),
);

test(
  "fileKeyProvider() reports a path on which no directory can be made as a failure of the disk",
  inDirectory(async (directory) => {
    await writeFile(join(directory, "file"), "");
    const { provider } = inVault(directory);
    await assertRejects(
      provider.create({ "file-path": join(directory, "file", "kek.key") }),
      "DISK",
    );
    await mkdir(join(directory, "kek.key.next"));
    const { settings } = await provider.create({});
    await assertRejects(provider.stage(settings, new Uint8Array(32)), "DISK");
    assert.deepEqual((await readdir(directory)).sort(), ["file", "kek.key", "kek.key.next"]);
  }),
);
