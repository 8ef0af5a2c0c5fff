/**
 * What is in a vault's directory, read beside the program.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { hkdfSync } from "node:crypto";
import { cp, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { wipe } from "../../lib/crypto/bytes.ts";
import { openDek, openValue } from "../../lib/vault/secrets/envelope.ts";
import { holdKek } from "../../lib/vault/keys/kek.ts";
import { loadKek } from "../../lib/vault/keys/key_source.ts";
import { parseSecretRow, type SecretRecord } from "../../lib/vault/secrets/secret.ts";
import { readVaultRow } from "../../lib/vault/vault_row.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { withDirectory } from "../helpers/program.ts";
import { keychainOf, providersOf, type World } from "./vaults.ts";

/** The vault's row, as far as rotations concern it. */
export interface RawVault {
  readonly vaultId: string;
  readonly kekId: string;
  readonly rotation: unknown;
  readonly provider: { readonly type: string };
  readonly auditSeq: number;
}

/** The id that the key `kek` has in a vault, by another implementation of HKDF. */
export function expectedKekId(kek: Uint8Array, vaultId: string): string {
  return Buffer.from(hkdfSync("sha256", kek, vaultId, "aivault/v3/kek-id", 16)).toString("hex");
}

/** Reads the vault's row from a copy of its files, so that nothing is repaired by looking. */
export async function peek(directory: string): Promise<RawVault> {
  return await withDirectory(async (copy) => {
    for (const name of ["vault.db", "vault.db-wal"]) {
      await cp(join(directory, name), join(copy, name)).catch(ignoreMissing);
    }
    const database = new DatabaseSync(join(copy, "vault.db"));
    try {
      const row = database.prepare("select * from vault").get() ?? {};
      const { vault_id, kek_id, rotation, provider, audit_seq } = row;
      return {
        vaultId: String(vault_id),
        kekId: String(kek_id),
        rotation: rotation === null ? null : JSON.parse(String(rotation)),
        provider: JSON.parse(String(provider)),
        auditSeq: Number(audit_seq),
      };
    } finally {
      database.close();
    }
  });
}

function ignoreMissing(error: Error & { code?: string }): void {
  if (error.code !== "ENOENT") throw error;
}

/** A secret that was opened without a trace in the audit, and without repairing anything. */
interface Opened {
  readonly record: SecretRecord;
  readonly dek: Uint8Array;
  readonly sealed: Uint8Array;
  readonly value: Uint8Array;
}

/** What a rotation of the master key must not change: each secret's DEK and sealed value, in hexadecimal. */
export async function deksAndValues(world: World): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  await openAll(world, ({ record, dek, sealed }) => {
    found.set(
      record.id,
      `${Buffer.from(dek).toString("hex")} ${Buffer.from(sealed).toString("hex")}`,
    );
  });
  return found;
}

/** Every secret's value as text, by name. */
export async function allValues(world: World): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  await openAll(world, ({ record, value }) => {
    found.set(record.name, new TextDecoder().decode(value));
  });
  return found;
}

/** All of every secret but its id and times, opened: a line of JSON for each, sorted. */
export async function stateOf(world: World): Promise<string[]> {
  const found: string[] = [];
  await openAll(world, ({ record, value }) => {
    const { name, aliases, scope, attachedGroups, pinnedProvider, valueVersion } = record;
    const text = new TextDecoder().decode(value);
    const all = { name, aliases, scope, attachedGroups, pinnedProvider, valueVersion, text };
    found.push(JSON.stringify(all));
  });
  return found.sort();
}

async function openAll(world: World, visit: (opened: Opened) => void): Promise<void> {
  const store = await SqliteStore.open({ path: join(world.directory, "vault.db") });
  try {
    await store.read(async (reader) => {
      const row = await readVaultRow(reader);
      const kek = await loadKek(providersOf(world), row);
      const handle = holdKek(kek, row.vaultId);
      for (const stored of await reader.secrets("", 100_000)) {
        const record = parseSecretRow(stored);
        const dek = await openDek(handle, row.vaultId, record);
        const sealed = await reader.sealedValue(record.id);
        assert.ok(sealed);
        const value = openValue(dek, row.vaultId, record, sealed);
        visit({ record, dek, sealed, value });
        wipe(dek, value);
      }
    });
  } finally {
    await store.close();
  }
}

/** The names in a directory, sorted. */
export async function filesIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).sort();
}

/** The key in a key file, which must be the user's alone. */
export async function keyInFile(path: string): Promise<Uint8Array> {
  const { mode, nlink } = await stat(path);
  assert.equal(mode & 0o777, 0o600);
  assert.equal(nlink, 1, "there is no other link to the key file");
  const kek = Buffer.from((await readFile(path, "utf8")).trim(), "base64");
  assert.equal(kek.length, 32);
  return new Uint8Array(kek);
}

/** The keys in the Keychain of `world`, if it has one. */
export async function keysInKeychain(world: World): Promise<Uint8Array[]> {
  const text = await readFile(keychainOf(world), "utf8").catch(() => "[]");
  const entries: { password: string }[] = JSON.parse(text);
  return entries.map(({ password }) => new Uint8Array(Buffer.from(password, "base64")));
}
