/**
 * The backup of the tamper kit: of its good vault, by the program.
 *
 * @module
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Vault } from "../../lib/vault/vault.ts";
import { backupPlace } from "../../providers/stores/backup_place.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import type { GoodVault } from "./good_vaults.ts";
import { withRepeatableRandomness } from "./repeatable.ts";

/** 2023-11-14T23:13:20Z, after the last event of the vault. */
const NOW_MS = 1_700_003_600_000;

/**
 * A backup of `vault`. Its bytes are those of the SQLite that writes them: another one lays the same rows out in its
 * own way.
 */
export async function goodBackup({ sql, kek }: GoodVault): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), "aivault-kit-"));
  try {
    const database = join(directory, "vault.db");
    await writeFile(database, "", { mode: 0o600 });
    const raw = new DatabaseSync(database);
    raw.exec(sql);
    raw.close();
    const place = backupPlace({ database, whileInitialising: (_, work) => work() });
    const file = join(directory, "good.bak");
    await withRepeatableRandomness("backup", async () => {
      const store = await SqliteStore.open({ path: database });
      const vault = await Vault.open({ store, kek, now: () => NOW_MS, actor: "kit" });
      await vault.createBackup(place.target(file));
      await vault.close();
    });
    return await readFile(file);
  } finally {
    await rm(directory, { recursive: true });
  }
}
