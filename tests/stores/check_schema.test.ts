/**
 * What somebody wrote into the schema of a vault: a trigger or a view acts in the name of whoever opens it, so it is
 * refused, and a restore takes it away.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import test from "node:test";
import { Vault } from "../../lib/vault/vault.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { placeIn } from "../helpers/backups.ts";
import { withDirectory } from "../helpers/program.ts";
import { rows, withRaw } from "../helpers/raw_database.ts";
import { initVault, KEK, sqliteStore, utf8 } from "../helpers/vaults.ts";

const HOSTILE = [
  // An event that is not written: the use would take place all the same.
  "create trigger t before insert on audit begin select raise(ignore); end",
  "create trigger t after insert on audit begin delete from audit where seq = new.seq; end",
  "create trigger t before delete on secrets begin select raise(ignore); end",
  "create view v as select * from vault",
  "create table more as select * from secret_values",
  // A name that is a statement.
  `create table "secrets; commit; create table pwned (a)" (a)`,
  "create index i on audit (kind)",
  "drop index audit_by_secret",
  `alter table audit rename to old_audit;
    create table audit (seq integer primary key on conflict ignore, time_ms, kind, actor, secret_id, secret_name,
      scope, context, note, previous_digest, state_digest, mac, proof);
    insert into audit select * from old_audit; drop table old_audit;
    create index audit_by_secret on audit (secret_id, seq) where secret_id <> ''`,
];

/** A vault with a backup of it; `sql` is then done to it. */
async function withHostile(
  sql: string,
  work: (directory: string, place: ReturnType<typeof placeIn>, file: string) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const database = join(directory, "vault.db");
    const place = placeIn(directory);
    const file = join(directory, "vault.bak");
    const vault = await initVault({ store: await sqliteStore(directory) });
    await vault.create({ name: "A", value: utf8("a1") });
    await vault.createBackup(place.target(file));
    await vault.close();
    withRaw(database, (raw) => raw.exec(sql));
    await work(directory, place, file);
  });
}

const schemaOf = (raw: DatabaseSync): string[] =>
  rows(raw, "select type, name, sql from sqlite_schema order by name").map((entry) =>
    Object.values(entry).join(" ")
  );

for (const sql of HOSTILE) {
  const what = sql.replace(/\s+/g, " ").slice(0, 60);
  test(`SqliteStore.open() refuses what is not the schema of a vault, and install() takes it away: ${what}`, async () => {
    await withHostile(sql, async (directory, place, file) => {
      const path = join(directory, "vault.db");
      await assert.rejects(SqliteStore.open({ path }), {
        code: "INTEGRITY",
        message: /its tables are not those of a vault/,
      });
      await place.withBackup(file, "restore", async (backup) => {
        const { aside } = await place.install(backup, true);
        assert.ok(aside !== undefined);
        assert.notDeepEqual(withRaw(aside, schemaOf), withRaw(path, schemaOf));
      });
      const fresh = await sqliteStore(directory, "fresh.db");
      await fresh.close();
      assert.deepEqual(withRaw(path, schemaOf), withRaw(join(directory, "fresh.db"), schemaOf));
      const vault = await Vault.open({ store: await sqliteStore(directory), kek: KEK });
      await vault.use("A", {}, (value) => assert.deepEqual(value, utf8("a1")));
      assert.ok((await vault.verify()).isIntact);
      await vault.close();
    });
  });
}

test("SqliteStore.open() takes what SQLite itself keeps beside the tables", async () => {
  await withHostile("analyze; vacuum", async (directory) => {
    const vault = await Vault.open({ store: await sqliteStore(directory), kek: KEK });
    await vault.use("A", {}, (value) => assert.deepEqual(value, utf8("a1")));
    await vault.close();
  });
});

/** Does `sql` to the database of a vault that stays open, and runs `work` with that. */
async function withOpen(sql: string, work: (vault: Vault, path: string) => Promise<void>) {
  await withDirectory(async (directory) => {
    const vault = await initVault({ store: await sqliteStore(directory) });
    try {
      await vault.create({ name: "A", value: utf8("a1") });
      await vault.use("A", {}, () => {});
      const path = join(directory, "vault.db");
      withRaw(path, (raw) => raw.exec(sql));
      await work(vault, path);
    } finally {
      await vault.close();
    }
  });
}

for (const sql of HOSTILE) {
  const what = sql.replace(/\s+/g, " ").slice(0, 60);
  test(`SqliteStore.read() and write() refuse what became of the schema while it was open: ${what}`, async () => {
    await withOpen(sql, async (vault, path) => {
      const refusal = { code: "INTEGRITY", message: /its tables are not those of a vault/ };
      let isLent = false;
      const before = withRaw(path, (raw) => rows(raw, "select * from secrets"));
      // More than once: it is not forgotten that it was refused.
      for (let i = 0; i < 2; i++) {
        await assert.rejects(vault.use("A", {}, () => void (isLent = true)), refusal);
        await assert.rejects(vault.info(), refusal);
        await assert.rejects(vault.audit(), refusal);
        await assert.rejects(vault.delete("A"), refusal);
      }
      assert.equal(isLent, false);
      assert.deepEqual(withRaw(path, (raw) => rows(raw, "select * from secrets")), before);
    });
  });
}

test("SqliteStore goes on when a schema that was changed while it was open is as it was", async () => {
  await withOpen("create view v as select * from vault", async (vault, path) => {
    await assert.rejects(vault.info(), { code: "INTEGRITY" });
    withRaw(path, (raw) => raw.exec("drop view v; analyze"));
    await vault.use("A", {}, (value) => assert.deepEqual(value, utf8("a1")));
  });
});

test("SqliteStore says that a newer program has brought the database forward while it was open", async () => {
  const sql = "create table newer (a); pragma user_version = 99";
  await withOpen(sql, async (vault) => {
    await assert.rejects(vault.info(), {
      code: "UNSUPPORTED",
      message: /its version 99 is newer than this program/,
    });
  });
});
