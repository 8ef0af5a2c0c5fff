/**
 * The database file, fuzzed: single fields of any type, and bytes of the file and of the write-ahead log.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import test, { after } from "node:test";
import fc from "fast-check";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { ATTACHED } from "../helpers/operations.ts";
import { withDirectory } from "../helpers/program.ts";
import {
  type Column,
  columnsOf,
  row,
  rows,
  type SqlValue,
  tablesOf,
  withRaw,
} from "../helpers/raw_database.ts";
import { sqliteStore } from "../helpers/store_kinds.ts";
import { initVault, openVault, utf8 } from "../helpers/vaults.ts";
import { bytes, damaged, fuzz } from "./fuzz.ts";
import { useEverything } from "./use_everything.ts";

const directory = mkdtempSync(join(tmpdir(), "aivault-test-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const vault = await initVault({ store: await sqliteStore(directory) });
const { id } = await vault.create({ name: "A", aliases: ["alias"], value: utf8("a") });
const other = await vault.create({ name: "OPENAI_API_KEY", value: utf8("b") });
await vault.attachGroup("A", ATTACHED);
await vault.close();
const ids = [id, other.id];
const original = join(directory, "vault.db");
const content = new Uint8Array(await readFile(original));
const loose = join(directory, "loose.db");
makeLoose(loose);
const columns: readonly Column[] = withRaw(
  original,
  (raw) => tablesOf(raw).flatMap((table) => columnsOf(raw, table)),
);

/** Makes a copy of the vault whose columns take values of every type, as a foreign hand can. */
function makeLoose(path: string): void {
  writeFileSync(path, "", { mode: 0o600 });
  withRaw(path, (raw) => {
    raw.prepare("attach ? as original").run(original);
    const parts = rows(raw, "select * from original.sqlite_schema order by type desc");
    for (const { sql, type, name } of parts) {
      if (sql === null) continue;
      raw.exec(String(sql).replace(/\bstrict, /, "").replace(/\bstrict\b/, ""));
      if (type === "table") raw.exec(`insert into main.${name} select * from original.${name}`);
    }
    for (const name of ["application_id", "user_version"]) {
      raw.exec(`pragma main.${name} = ${row(raw, `pragma original.${name}`)[name]}`);
    }
    raw.exec("detach original; pragma journal_mode = wal");
  });
}

/** Gives a loose copy the schema of a vault back: its rows keep what no program could have written there. */
function makeStrict(path: string): void {
  const parts = withRaw(original, (raw) => rows(raw, "select name, sql from sqlite_schema"));
  const raw = new DatabaseSync(path, { defensive: false });
  try {
    raw.exec("pragma writable_schema = on");
    const set = raw.prepare("update sqlite_schema set sql = ? where name = ?");
    for (const { name = null, sql = null } of parts) set.run(sql, name);
  } finally {
    raw.close();
  }
}

const sqlValue: fc.Arbitrary<SqlValue> = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.json({ maxDepth: 2 }),
  fc.constantFrom("", "global", "workspace", "[]", "{}", '{"type":"file","path":"/"}', "[[0]]"),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.constant(null),
  bytes(80),
);
const field = fc.record({ column: fc.constantFrom(...columns), value: sqlValue });

test("the copy whose columns took every type opens while nothing in it is changed", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    await copyFile(loose, path);
    makeStrict(path);
    const opened = await openVault({ store: await SqliteStore.open({ path }) });
    await opened.use("alias", {}, (value) => assert.deepEqual(value, utf8("a")));
    await opened.close();
  });
});

fuzz(
  "a vault with any value in any column",
  fc.array(field, { minLength: 1, maxLength: 3 }),
  40,
  async (fields) => {
    await withDirectory(async (copy) => {
      const path = join(copy, "vault.db");
      await copyFile(loose, path);
      withRaw(path, (raw) => {
        raw.exec("pragma foreign_keys = off; pragma ignore_check_constraints = on");
        for (const { column: { table, name }, value } of fields) {
          try {
            raw.prepare(`update or replace ${table} set ${name} = ?`).run(value);
          } catch {
            // A column that is never empty.
          }
        }
      });
      makeStrict(path);
      await useEverything(() => SqliteStore.open({ path }), ids);
    });
  },
);

test("a secret whose newest event is of half a millisecond fails with INTEGRITY", async () => {
  await withDirectory(async (copy) => {
    const path = join(copy, "vault.db");
    await copyFile(loose, path);
    withRaw(path, (raw) => raw.exec("update audit set time_ms = 0.5"));
    makeStrict(path);
    const opened = await openVault({ store: await SqliteStore.open({ path }) });
    await assert.rejects(opened.show(id), { code: "INTEGRITY" });
    await assert.rejects(opened.use(id, {}, () => {}), { code: "INTEGRITY" });
    assert.equal((await opened.verify()).isIntact, false);
    await opened.close();
  });
});

fuzz("a vault with bytes of its database changed", damaged(content), 40, async (changed) => {
  await withDirectory(async (copy) => {
    const path = join(copy, "vault.db");
    await writeFile(path, changed, { mode: 0o600 });
    await useEverything(() => SqliteStore.open({ path, busyTimeoutMs: 100 }), ids);
  });
});

fuzz("a vault beside a foreign write-ahead log", bytes(9_000), 20, async (log) => {
  await withDirectory(async (copy) => {
    const path = join(copy, "vault.db");
    await copyFile(original, path);
    await writeFile(`${path}-wal`, log);
    await useEverything(() => SqliteStore.open({ path, busyTimeoutMs: 100 }), ids);
  });
});
