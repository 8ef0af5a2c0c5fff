/**
 * Backup files and their manifests, fuzzed: whoever can write the file may have written it.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import fc from "fast-check";
import { verifyBackup } from "../../lib/vault/backup.ts";
import { formatManifest, parseManifest } from "../../lib/vault/backup_manifest.ts";
import { callerKey } from "../../lib/vault/keys/key_source.ts";
import { backupPlace } from "../../providers/stores/backup_place.ts";
import { prepare } from "../helpers/operations.ts";
import { sqliteStore } from "../helpers/store_kinds.ts";
import { initVault, KEK } from "../helpers/vaults.ts";
import { anyValue, bytes, damaged, fuzz, outcome } from "./fuzz.ts";

const directory = mkdtempSync(join(tmpdir(), "aivault-test-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const place = backupPlace({
  database: join(directory, "vault.db"),
  whileInitialising: (_, work) => work(),
});
const vault = await initVault({ store: await sqliteStore(directory) });
await prepare(vault);
const manifest = await vault.createBackup(place.target(join(directory, "original")));
await vault.close();
const content = new Uint8Array(await readFile(join(directory, "original")));
const head = content.indexOf(0x0a) + 5 + formatManifest(manifest).length;

/** Proves the file `name` as a backup; whether it is whole. */
async function isWhole(name: string): Promise<boolean> {
  const proved = await outcome(() =>
    place.withBackup(
      join(directory, name),
      "verify",
      (backup) => verifyBackup(backup, () => Promise.resolve(callerKey(KEK))),
    )
  );
  return !(proved instanceof Error) && proved.secrets.broken.length === 0;
}

async function proveEdited(edited: Uint8Array): Promise<void> {
  await writeFile(join(directory, "edited"), edited);
  const isSame = edited.length === content.length && edited.every((byte, i) => byte === content[i]);
  assert.equal(await isWhole("edited"), isSame);
  // Nothing is left of what was unpacked.
  assert.deepEqual((await readdir(directory)).sort(), ["edited", "original", "vault.db"]);
}

// Half of the edits are in the first bytes, before the database.
const edits = fc.oneof(
  damaged(content),
  damaged(content.slice(0, head)).map((start) => {
    const edited = new Uint8Array(start.length + content.length - head);
    edited.set(start);
    edited.set(content.subarray(head), start.length);
    return edited;
  }),
  bytes(300),
);
fuzz("proving a backup file", edits, 60, proveEdited);

const document = fc.dictionary(
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...Object.keys(manifest)) }, fc.string()),
  anyValue,
  { maxKeys: 4 },
).map((fields) => new TextEncoder().encode(JSON.stringify({ ...manifest, ...fields })));
const manifests = fc.oneof(document, damaged(formatManifest(manifest)), bytes(200));
fuzz("parseManifest()", manifests, 500, async (given) => {
  await outcome(() => parseManifest(given, "read a backup"));
});
