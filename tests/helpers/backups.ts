/**
 * Backups made and taken apart.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { type BackupKey, type OpenedBackup, verifyBackup } from "../../lib/vault/backup.ts";
import type { BackupManifest } from "../../lib/vault/backup_manifest.ts";
import type { Vault } from "../../lib/vault/vault.ts";
import { callerKey } from "../../lib/vault/keys/key_source.ts";
import { backupPlace } from "../../providers/stores/backup_place.ts";
import { prepare } from "./operations.ts";
import { withDirectory } from "./program.ts";
import { collect, initVault, openVault, sqliteStore, utf8 } from "./vaults.ts";

const byKek = (kek: Uint8Array): BackupKey => () => Promise.resolve(callerKey(kek));

/** Backups of the vault in `directory`. */
export function placeIn(directory: string) {
  return backupPlace({
    database: join(directory, "vault.db"),
    whileInitialising: (_, work) => work(),
  });
}

/** Runs `work` with the backup file of a vault. */
export async function withMade(
  work: (file: string, place: ReturnType<typeof placeIn>, directory: string) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const vault = await initVault({ store: await sqliteStore(directory) });
    await prepare(vault);
    const place = placeIn(directory);
    const file = join(directory, "vault.bak");
    await vault.createBackup(place.target(file));
    await vault.close();
    await work(file, place, directory);
  });
}

/** Verifies a backup by a key. */
export const check = (kek: Uint8Array) => (backup: OpenedBackup) =>
  verifyBackup(backup, byKek(kek));

/** A backup file by its parts, as its format is documented. */
export function partsOf(file: Uint8Array): { manifest: BackupManifest; database: Buffer } {
  const bytes = Buffer.from(file);
  assert.equal(bytes.subarray(0, 17).toString(), "aivault-backup 1\n");
  const end = 21 + bytes.readUInt32BE(17);
  return {
    manifest: JSON.parse(bytes.subarray(21, end).toString()),
    database: bytes.subarray(end),
  };
}

/** A backup file of these parts. */
export function assemble(manifest: unknown, database: Uint8Array): Buffer {
  return assembleText(JSON.stringify(manifest), database);
}

/** A backup file whose manifest is this text. */
export function assembleText(manifest: string, database: Uint8Array): Buffer {
  const text = Buffer.from(manifest);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([Buffer.from("aivault-backup 1\n"), length, text, database]);
}

/** Makes a vault with the secret `A`, and a backup of it. */
export async function backedUp(directory: string, file: string): Promise<void> {
  const vault = await initVault({ store: await sqliteStore(directory) });
  await vault.create({ name: "A", value: utf8("a") });
  await vault.createBackup(placeIn(directory).target(file));
  await vault.close();
}

/** The names of all secrets. */
export async function namesIn(vault: Vault): Promise<string[]> {
  const secrets = await collect(vault.list());
  return secrets.map((secret) => "name" in secret ? secret.name : "damaged");
}

/** Checks that the vault is the one that {@linkcode backedUp} made. */
export async function checkRestored(directory: string): Promise<void> {
  const store = await sqliteStore(directory);
  assert.deepEqual(await store.problems(), []);
  const vault = await openVault({ store });
  await vault.use("A", {}, (value) => assert.deepEqual(value, utf8("a")));
  assert.equal((await vault.verify()).isIntact, true);
  await vault.close();
}
