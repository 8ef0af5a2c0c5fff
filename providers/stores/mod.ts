/**
 * Vaults on disk: the store in SQLite, and backups of it.
 *
 * @example
 * ```ts
 * import { SqliteStore } from "@aivault/cli/stores/sqlite";
 * import { Vault } from "@aivault/cli";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const directory = await mkdtemp(join(tmpdir(), "aivault-"));
 * const path = join(directory, "vault.db");
 * const kek = crypto.getRandomValues(new Uint8Array(32));
 * const made = await Vault.init({ store: await SqliteStore.open({ path, create: true }), kek });
 * await made.create({ name: "TOKEN", value: new TextEncoder().encode("s3cret") });
 * await made.close();
 * const vault = await Vault.open({ store: await SqliteStore.open({ path }), kek });
 * assert.equal(await vault.use("TOKEN", {}, (value) => value.length), 6);
 * await vault.close();
 * await rm(directory, { recursive: true });
 * ```
 *
 * @module
 */
export { backupFile, restoreBackup, type RestoreOptions, verifyBackup } from "./backups.ts";
export { SqliteStore, type SqliteStoreOptions } from "./sqlite.ts";
