/**
 * Vault.verify() after an edit of any one field of any row: the event or the secret is named.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import test from "node:test";
import type { Vault } from "../../lib/vault/vault.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { editsOf, showValue } from "../helpers/edits.ts";
import { OPERATIONS, prepare } from "../helpers/operations.ts";
import { withDirectory } from "../helpers/program.ts";
import {
  type Column,
  columnsOf,
  copyDatabase,
  rows,
  run,
  type SqlRow,
  type SqlValue,
  tablesOf,
  withRaw,
} from "../helpers/raw_database.ts";
import { initVault, openVault, OTHER_KEK, sqliteStore } from "../helpers/vaults.ts";

/** Everything that a vault can do, once. */
async function live(vault: Vault): Promise<void> {
  await prepare(vault);
  for (const { run, name } of OPERATIONS) {
    // Operations on a secret that an earlier one has renamed or deleted are refused, which is an event too or none.
    await run(vault).catch((error) => assert.ok("code" in error, `${name}: ${error}`));
  }
}

interface Edit {
  readonly column: Column;
  readonly keys: readonly Column[];
  readonly row: SqlRow;
  readonly to: SqlValue;
}

/** Every plausible edit of every field of every row, but for the vault's own. */
function everyEdit(raw: DatabaseSync): Edit[] {
  return tablesOf(raw).filter((table) => table !== "vault").flatMap((table) => {
    const columns = columnsOf(raw, table);
    const keys = columns.filter(({ inKey }) => inKey);
    const all = rows(raw, `select * from ${table}`);
    return all.flatMap((row, i) => {
      const other = all[(i + 1) % all.length];
      return columns.flatMap((column) =>
        editsOf(column, row[column.name] ?? null, other?.[column.name])
          .map((to) => ({ column, keys, row, to }))
      );
    });
  });
}

function apply(raw: DatabaseSync, { column, keys, row, to }: Edit): boolean {
  raw.exec("pragma foreign_keys = off");
  const where = keys.map(({ name }) => `${name} = ?`).join(" and ");
  const sql = `update ${column.table} set ${column.name} = ? where ${where}`;
  try {
    return run(raw, sql, to, ...keys.map(({ name }) => row[name] ?? null)) === 1;
  } catch (error) {
    // Two rows of one key, or text in a column of numbers: no database holds that.
    assert.match(String(error), /constraint failed|cannot store/);
    return false;
  }
}

/** Whether something is said that leads to the row: its event, its secret, or a name that stood there. */
function isNamed(edit: Edit, findings: Awaited<ReturnType<Vault["verify"]>>["findings"]): boolean {
  const { column, row, to } = edit;
  if (column.table === "audit") {
    const seqs = [Number(row["seq"])];
    return findings.some(({ seq }) => seq !== null && seqs.includes(seq));
  }
  const ids = [row["id"], row["secret_id"], to];
  return findings.some(({ secretId }) => secretId !== null && ids.includes(secretId));
}

test("verify() names the event or the secret after an edit of any one stored field", {
  timeout: 300_000,
}, async () => {
  const edited = new Set<string>();
  await withDirectory(async (directory) => {
    const vault = await initVault({ store: await sqliteStore(directory) });
    await live(vault);
    await vault.close();
    const path = join(directory, "vault.db");
    const edits = withRaw(path, everyEdit);
    // Each field of each kind of row, with edits taken evenly from the thousands there are.
    const step = Math.ceil(edits.length / 700);
    for (let i = 0; i < edits.length; i += step) {
      const edit = edits[i];
      if (edit === undefined) continue;
      const copy = await copyDatabase(path, join(directory, "edited.db"));
      if (!withRaw(copy, (raw) => apply(raw, edit))) continue;
      edited.add(`${edit.column.table}.${edit.column.name}`);
      const store = await SqliteStore.open({ path: copy });
      const reopened = await openVault({ store, kek: OTHER_KEK });
      const { findings, isIntact } = await reopened.verify();
      const { table, name } = edit.column;
      const what = `${table}.${name} of ${
        JSON.stringify(edit.row["seq"] ?? edit.row["id"] ?? edit.row["secret_id"])
      } = ${showValue(edit.to)}`;
      assert.equal(isIntact, false, what);
      assert.ok(isNamed(edit, findings), `${what}: ${JSON.stringify(findings)}`);
      await reopened.close();
    }
    const columns = withRaw(
      path,
      (raw) =>
        tablesOf(raw).filter((table) => table !== "vault").flatMap((table) =>
          columnsOf(raw, table).map(({ name }) => `${table}.${name}`)
        ),
    );
    assert.deepEqual([...edited].sort(), columns.sort());
  });
});

test("verify() names an event whose text goes on behind a NUL, in any of its columns", async () => {
  await withDirectory(async (directory) => {
    const vault = await initVault({ store: await sqliteStore(directory) });
    await live(vault);
    await vault.close();
    const path = join(directory, "vault.db");
    const columns = withRaw(path, (raw) => columnsOf(raw, "audit"))
      .filter(({ type }) => type === "TEXT");
    assert.ok(columns.length >= 9);
    for (const { name } of columns) {
      const copy = await copyDatabase(path, join(directory, `${name}.db`));
      withRaw(copy, (raw) => {
        assert.equal(run(raw, `update audit set ${name} = ${name} || char(0) where seq = 3`), 1);
      });
      const store = await SqliteStore.open({ path: copy });
      const reopened = await openVault({ store, kek: OTHER_KEK });
      const { findings } = await reopened.verify();
      assert.ok(findings.some(({ seq }) => seq === 3), `${name}: ${JSON.stringify(findings)}`);
      await reopened.close();
    }
  });
});
