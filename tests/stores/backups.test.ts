/** Backups made, checked and restored by a program that uses the library. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { type BackupManifest, Vault, VaultError } from "../../mod.ts";
import { fileKeyProvider } from "../../providers/mod.ts";
import {
  backupFile,
  restoreBackup,
  SqliteStore,
  verifyBackup,
} from "../../providers/stores/mod.ts";
import { partsOf } from "../helpers/backups.ts";
import { listFiles, snapshot } from "../helpers/files.ts";
import { aivault, withDirectory } from "../helpers/program.ts";
import { rows, withRaw } from "../helpers/raw_database.ts";
import { initVault, KEK, OTHER_KEK, sqliteStore, utf8 } from "../helpers/vaults.ts";

const options = { timeout: 120_000 };
const kek = KEK;

/** Runs `work` with the backup file of a vault with the secret `A`, beside the vault. */
async function withBackup(
  work: (file: string, directory: string, manifest: BackupManifest) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const store = await sqliteStore(directory);
    const vault = await initVault({ store });
    await vault.create({ name: "A", value: utf8("the value") });
    const file = join(directory, "vault.bak");
    const manifest = await vault.createBackup(backupFile(store, file));
    await vault.close();
    await work(file, directory, manifest);
  });
}

async function valueIn(path: string, key = kek): Promise<string> {
  const vault = await Vault.open({ store: await SqliteStore.open({ path }), kek: key });
  const value = await vault.use("A", {}, (bytes) => new TextDecoder().decode(bytes));
  await vault.close();
  return value;
}

test(
  "backupFile() makes a private file that the program verifies and restores",
  options,
  async () => {
    await withBackup(async (file, directory, manifest) => {
      if (process.platform !== "win32") {
        assert.deepEqual(await listFiles(directory), ["600 vault.bak", "600 vault.db"]);
      }
      assert.deepEqual(partsOf(await readFile(file)).manifest, manifest);
      await writeFile(join(directory, "key"), Buffer.from(kek).toString("base64"), { mode: 0o600 });
      const env = { AIVAULT_DIR: join(directory, "home") };
      const key = ["--key-file", join(directory, "key"), "--json"];
      const verified = await aivault(["backup", "verify", file, ...key], { env });
      assert.equal(verified.exitCode, 0, verified.stderr);
      const { secrets, head, isWhole } = JSON.parse(verified.stdout);
      assert.deepEqual([secrets, head, isWhole], [1, manifest.head, true]);
      const restored = await aivault(["backup", "restore", file, ...key], { env });
      assert.equal(restored.exitCode, 0, restored.stderr);
      assert.match(restored.stderr, /^hint: this program has no key provider "caller"/);
      assert.equal(await valueIn(join(directory, "home", "vault.db")), "the value");
    });
  },
);

test(
  "verifyBackup() and restoreBackup() take a backup of the program, by its key provider",
  options,
  async () => {
    await withDirectory(async (directory) => {
      const home = join(directory, "home");
      const env = { AIVAULT_DIR: home };
      const file = join(directory, "vault.bak");
      const create = ["secrets", "create", "A", "--value-file", "-"];
      const made = await aivault(create, { env, stdin: "the value" });
      assert.equal(made.exitCode, 0, made.stderr);
      const backup = await aivault(["backup", "create", file, "--json"], { env });
      assert.equal(backup.exitCode, 0, backup.stderr);
      const { type, ...rest } = fileKeyProvider({
        vaultDirectory: home,
        defaultPath: join(home, "kek.key"),
      });
      const providers = new Map([[type, { type, ...rest }]]);
      const before = await snapshot(directory);
      const { manifest, secrets, audit } = await verifyBackup(file, { providers });
      assert.deepEqual(secrets, { secrets: 1, broken: [] });
      assert.ok(audit.isIntact);
      assert.equal(manifest.head, JSON.parse(backup.stdout).head);
      assert.deepEqual(await snapshot(directory), before);
      const path = join(directory, "restored", "vault.db");
      assert.deepEqual(await restoreBackup(file, { path, providers }), manifest);
      const vault = await Vault.open({ store: await SqliteStore.open({ path }), providers });
      assert.equal(await vault.use("A", {}, (value) => value.length), 9);
      await vault.close();
    });
  },
);

test("backupFile() puts nothing in the place of something, and nothing where nothing can be", async () => {
  await withBackup(async (file, directory) => {
    const path = join(directory, "vault.db");
    const store = await SqliteStore.open({ path });
    const vault = await Vault.open({ store, kek });
    for (const bad of ["", "a\0b", undefined as unknown as string]) {
      assert.throws(() => backupFile(store, bad), { code: "INVALID_INPUT" });
    }
    await symlink("nowhere", join(directory, "link"));
    const before = await vault.info();
    for (
      const [name, code] of [
        ["vault.bak", "ALREADY_EXISTS"],
        ["vault.db", "ALREADY_EXISTS"],
        ["link", "ALREADY_EXISTS"],
        ["nowhere/vault.bak", "INVALID_INPUT"],
        ["vault.bak/vault.bak", "INVALID_INPUT"],
        ["vault.bak/a/b", "INVALID_INPUT"],
        ["n".repeat(300), "DISK"],
      ] as const
    ) {
      const target = backupFile(store, join(directory, name));
      await assert.rejects(vault.createBackup(target), { code }, name);
    }
    assert.deepEqual(await vault.info(), before);
    await vault.close();
    assert.equal((await verifyBackup(file, { kek })).secrets.secrets, 1);
  });
});

test("backupFile() takes a path for what it is when it is called", async () => {
  await withBackup(async (_, directory) => {
    const store = await SqliteStore.open({ path: join(directory, "vault.db") });
    const vault = await Vault.open({ store, kek });
    const before = process.cwd();
    try {
      process.chdir(directory);
      const target = backupFile(store, "second.bak");
      process.chdir(before);
      await vault.createBackup(target);
    } finally {
      process.chdir(before);
      await vault.close();
    }
    await verifyBackup(join(directory, "second.bak"), { kek });
  });
});

test("verifyBackup() says what is wrong, and takes its key when it is called", async () => {
  await withBackup(async (file, directory) => {
    const bytes = await readFile(file);
    const edited = join(directory, "edited.bak");
    await writeFile(edited, bytes.subarray(0, -1));
    await writeFile(join(directory, "other"), "no backup");
    await assert.rejects(verifyBackup(edited, { kek }), { code: "INTEGRITY" });
    await assert.rejects(verifyBackup(join(directory, "other"), { kek }), { code: "INTEGRITY" });
    await assert.rejects(verifyBackup(join(directory, "none"), { kek }), { code: "NOT_FOUND" });
    await assert.rejects(verifyBackup(directory, { kek }), { code: "DISK" });
    await assert.rejects(verifyBackup("", { kek }), { code: "INVALID_INPUT" });
    await assert.rejects(verifyBackup(file, { kek: OTHER_KEK }), { code: "WRONG_KEY" });
    await assert.rejects(verifyBackup(file, { kek: kek.subarray(1) }), RangeError);
    await assert.rejects(verifyBackup(file, { providers: new Map() }), { code: "UNSUPPORTED" });
    const given = kek.slice();
    const verifying = verifyBackup(file, { kek: given });
    given.fill(0);
    assert.deepEqual((await verifying).secrets, { secrets: 1, broken: [] });
  });
});

test("restoreBackup() makes a private database, in which the restore is on record", async () => {
  await withBackup(async (file, directory, manifest) => {
    const path = join(directory, "a", "b", "restored.db");
    const given = kek.slice();
    const restoring = restoreBackup(file, { path, kek: given, actor: "an actor", now: () => 7 });
    given.fill(0);
    assert.deepEqual(await restoring, manifest);
    if (process.platform !== "win32") {
      assert.deepEqual(await listFiles(join(directory, "a")), ["700 b/", "600 b/restored.db"]);
    }
    const [last] = withRaw(
      path,
      (raw) => rows(raw, "select * from audit order by seq desc limit 1"),
    );
    assert.deepEqual([last?.kind, last?.actor, last?.time_ms], ["backup.restore", "an actor", 7]);
    assert.equal(last?.seq, manifest.events + 1);
    assert.equal(await valueIn(path), "the value");
  });
});

test("restoreBackup() changes nothing where something is, or where the backup does not prove", async () => {
  await withBackup(async (file, directory) => {
    const path = join(directory, "restored.db");
    const edited = join(directory, "edited.bak");
    const bytes = await readFile(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(edited, bytes);
    await symlink("nowhere", join(directory, "link"));
    const before = await snapshot(directory);
    for (const name of ["vault.db", "link", "vault.bak"]) {
      const there = join(directory, name);
      await assert.rejects(restoreBackup(file, { path: there, kek }), { code: "ALREADY_EXISTS" });
    }
    await assert.rejects(restoreBackup(edited, { path, kek }), { code: "INTEGRITY" });
    await assert.rejects(restoreBackup(file, { path, kek: OTHER_KEK }), { code: "WRONG_KEY" });
    await assert.rejects(restoreBackup(file, { path: "", kek }), { code: "INVALID_INPUT" });
    const unnamed = { path, kek, actor: "" };
    await assert.rejects(restoreBackup(file, unnamed), { code: "INVALID_INPUT" });
    const below = join(file, "restored.db");
    await assert.rejects(restoreBackup(file, { path: below, kek }), { code: "DISK" });
    assert.deepEqual(await snapshot(directory), before);
  });
});

test("restoreBackup() puts no vault where others could put another in its place", {
  skip: process.platform === "win32" && "Windows has no modes",
}, async () => {
  await withBackup(async (file, directory) => {
    const open = join(directory, "open");
    await mkdir(open);
    await chmod(open, 0o777);
    await assert.rejects(restoreBackup(file, { path: join(open, "vault.db"), kek }), (error) => {
      assert.ok(error instanceof VaultError);
      assert.equal(error.code, "DISK");
      assert.match(error.hints.join(), /chmod go-w/);
      return true;
    });
    assert.deepEqual(await listFiles(open), []);
  });
});

test("restoreBackup(), many at once to one place, makes one vault and tells the others", async () => {
  await withBackup(async (file, directory) => {
    const path = join(directory, "restored", "vault.db");
    const attempts = Array.from({ length: 4 }, () => restoreBackup(file, { path, kek }));
    const settled = await Promise.allSettled(attempts);
    const failed = settled.flatMap((each) => each.status === "rejected" ? [each.reason.code] : []);
    assert.deepEqual(failed, Array(3).fill("ALREADY_EXISTS"));
    assert.equal(await valueIn(path), "the value");
    assert.deepEqual(await listFiles(join(directory, "restored")), ["600 vault.db"]);
  });
});
