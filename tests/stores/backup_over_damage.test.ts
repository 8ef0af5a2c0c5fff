/** Putting a backup in the place of a vault that is damaged, but opens. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import test from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { VaultError } from "../../lib/errors.ts";
import { backedUp, checkRestored, namesIn, placeIn } from "../helpers/backups.ts";
import { withDirectory } from "../helpers/program.ts";
import { row, withRaw } from "../helpers/raw_database.ts";
import { openVault, sqliteStore, utf8 } from "../helpers/vaults.ts";

/** What damages a vault so that it opens, but that its rows are not all to be had. */
const DAMAGES: Readonly<Record<string, (path: string) => Promise<void>>> = {
  "a row that belongs to none": async (path) => {
    const raw = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    raw.exec("insert into secret_values values ('nobody', x'00')");
    raw.close();
  },
  "a page of the audit": (path) => overwritePage(path, "audit"),
  "a page of an index": (path) => overwritePage(path, "audit_by_secret"),
};

/** Overwrites the first page of a table or an index. */
async function overwritePage(path: string, name: string): Promise<void> {
  const { page, size } = withRaw(path, (raw) => {
    const sql =
      "select rootpage as page, page_size as size from sqlite_schema, pragma_page_size where name = ?";
    return row(raw, sql, name);
  });
  const bytes = await readFile(path);
  bytes.fill(0xff, (Number(page) - 1) * Number(size), Number(page) * Number(size));
  await writeFile(path, bytes);
}

for (const [damage, cause] of Object.entries(DAMAGES)) {
  test(`install() over a vault with a damage, ${damage}, keeps its file as it was`, async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "backup");
      await backedUp(directory, file);
      const path = join(directory, "vault.db");
      await cause(path);
      const damaged = await readFile(path);
      const place = placeIn(directory);
      const install = (force: boolean, check?: () => Promise<void>) =>
        place.withBackup(file, "restore", (backup) => place.install(backup, force, check));
      await assert.rejects(install(false), { code: "ALREADY_EXISTS" });
      const refusal = new VaultError("INTEGRITY", "check", "no");
      await assert.rejects(install(true, () => Promise.reject(refusal)), { problem: "no" });
      assert.deepEqual(await readFile(path), damaged);
      const { aside } = await install(true);
      assert.deepEqual(await readFile(String(aside)), damaged);
      await checkRestored(directory);
    });
  });
}

test("install() over a damaged vault keeps aside all that others write until it is replaced", async () => {
  await withDirectory(async (directory) => {
    const file = join(directory, "backup");
    await backedUp(directory, file);
    await DAMAGES["a row that belongs to none"]?.(join(directory, "vault.db"));
    const place = placeIn(directory);
    const other = await openVault({ store: await sqliteStore(directory) });
    const written: string[] = [];
    const begun = Promise.withResolvers<void>();
    const writing = async (): Promise<void> => {
      while (written.length < 10_000) {
        const { name } = await other.create({ name: `B${written.length}`, value: utf8("b") });
        written.push(name);
        begun.resolve();
        await delay(0);
      }
    };
    // It ends where the vault that it has open is replaced.
    const [{ aside }] = await Promise.all([
      begun.promise.then(() =>
        place.withBackup(file, "restore", (backup) => place.install(backup, true))
      ),
      assert.rejects(writing(), { code: "DISK" }),
    ]);
    await other.close();
    const kept = await openVault({
      store: await sqliteStore(directory, String(aside).slice(directory.length + 1)),
    });
    assert.deepEqual((await namesIn(kept)).toSorted(), ["A", ...written].toSorted());
    await kept.close();
    await checkRestored(directory);
  });
});
