/**
 * Every field of a stored secret is bound: whoever edits one in the database gets no use of the secret.
 *
 * The fields come from the schema, so a new column is edited too, or fails the test that counts them.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import type { DatabaseSync } from "node:sqlite";
import { hasCode, VaultError } from "../../lib/errors.ts";
import type { UseContext } from "../../lib/vault/secrets/scope.ts";
import type { Vault } from "../../lib/vault/vault.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { editsOf, showValue } from "../helpers/edits.ts";
import { withDirectory } from "../helpers/program.ts";
import {
  type Column,
  columnsOf,
  copyDatabase,
  ownerColumn,
  rows,
  run,
  type SqlRow,
  type SqlValue,
  tablesOf,
  withRaw,
} from "../helpers/raw_database.ts";
import { collect, initVault, openVault, sqliteStore, START_MS, utf8 } from "../helpers/vaults.ts";

/** The tables that hold no field of a secret: the vault's own row, and the audit, which has its own MAC. */
const NOT_OF_A_SECRET = ["audit", "vault"];

const W1: UseContext = { workspaceId: "W1" };
const G1: UseContext = { workspaceId: "W1", groupId: "G1" };
const G2: UseContext = { workspaceId: "W1", groupId: "G2" };
const G3: UseContext = { workspaceId: "W2", groupId: "G3" };
const CONTEXTS: readonly UseContext[] = [{}, W1, G1, G2, G3];
const IN_G1 = { scope: { kind: "group", workspaceId: "W1", groupId: "G1" } } as const;

/** A secret of the vault under attack. */
interface Victim {
  readonly id: string;
  readonly value: string;
  /** Where it may be used. */
  readonly context: UseContext;
}

interface Scene {
  readonly path: string;
  /** A secret of a group, pinned, with aliases, attached groups and expiry; a plain global one; a bystander. */
  readonly full: Victim;
  readonly plain: Victim;
  readonly witness: Victim;
}

async function makeScene(directory: string): Promise<Scene> {
  const path = join(directory, "vault.db");
  const vault = await initVault({ store: await sqliteStore(directory) });
  const full = await vault.create({
    name: "OPENAI_API_KEY",
    value: utf8("old"),
    aliases: ["alias one", "alias two"],
    expiresAtMs: START_MS + 1_000_000,
    ...IN_G1,
  });
  await vault.attachGroup(full.id, { workspaceId: "W1", groupId: "G2" });
  await vault.attachGroup(full.id, { workspaceId: "W1", groupId: "G4" });
  await vault.rotate(full.id, utf8("the full value"));
  const plain = await vault.create({
    name: "PLAIN",
    aliases: ["plain alias"],
    value: utf8("the plain value"),
  });
  await vault.attachGroup(plain.id, { workspaceId: "W2", groupId: "G3" });
  const witness = await vault.create({ name: "WITNESS", value: utf8("the witness's value") });
  await vault.close();
  return {
    path,
    full: { id: full.id, value: "the full value", context: G1 },
    plain: { id: plain.id, value: "the plain value", context: {} },
    witness: { id: witness.id, value: "the witness's value", context: {} },
  };
}

/** One field, and what to write into it. */
interface Edit {
  readonly column: Column;
  readonly keys: readonly Column[];
  readonly row: SqlRow;
  readonly to: SqlValue;
}

function editsOfSecret(raw: DatabaseSync, id: string, otherId: string): Edit[] {
  const edits: Edit[] = [];
  for (const table of tablesOf(raw).filter((name) => !NOT_OF_A_SECRET.includes(name))) {
    const columns = columnsOf(raw, table);
    const select = `select * from ${table} where ${ownerColumn(columns)} = ?`;
    const [other] = rows(raw, select, otherId);
    const keys = columns.filter(({ inKey }) => inKey);
    for (const row of rows(raw, select, id)) {
      for (const column of columns) {
        for (const to of editsOf(column, row[column.name] ?? null, other?.[column.name])) {
          edits.push({ column, keys, row, to });
        }
      }
    }
  }
  return edits;
}

/** Writes the edit: with foreign keys in force if they allow it, and else without them. */
function apply(raw: DatabaseSync, { column, keys, row, to }: Edit): boolean {
  const where = keys.map(({ name }) => `${name} = ?`).join(" and ");
  const sql = `update ${column.table} set ${column.name} = ? where ${where}`;
  for (const foreignKeys of ["on", "off"]) {
    raw.exec(`pragma foreign_keys = ${foreignKeys}`);
    try {
      assert.equal(run(raw, sql, to, ...keys.map(({ name }) => row[name] ?? null)), 1, sql);
      return true;
    } catch (error) {
      assert.match(String(error), /constraint failed/, sql);
    }
  }
  // Two rows of one key: no database holds that, so there is nothing to defend against.
  return false;
}

/** The value that a use lends, as text. */
function lent(vault: Vault, ref: string, context: UseContext): Promise<string> {
  return vault.use(ref, context, (value) => new TextDecoder().decode(value));
}

async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    if (error instanceof VaultError) return error.code;
    throw error;
  }
}

const isId = (value: SqlValue): value is string =>
  typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);

async function checkEdit(scene: Scene, victim: Victim, edit: Edit, path: string): Promise<void> {
  const { column, to } = edit;
  const what = `${column.table}.${column.name} = ${showValue(to)}`;
  const vault = await openVault({ store: await SqliteStore.open({ path }) });
  try {
    const idMoved = column.table === "secrets" && column.name === "id";
    // Who edits the id has no row under the old one; under the new one nothing may come out.
    const expected = idMoved ? "NOT_FOUND" : "INTEGRITY";
    assert.equal(await failure(lent(vault, victim.id, victim.context)), expected, what);
    if (idMoved && isId(to)) {
      // Ids are looked up in lower case, so one in upper case is no id of any row.
      const code = to === to.toLowerCase() ? "INTEGRITY" : "NOT_FOUND";
      assert.equal(await failure(lent(vault, to, victim.context)), code, what);
    }
    await checkShow(vault, victim, edit, what, expected);
    await checkOthers(vault, scene, victim, edit, what);
    const listed = (await collect(vault.list())).map(({ id }) => id);
    // Behind a NUL nothing is read.
    const id = idMoved ? String(to).replace(/\0.*/, "\u0001") : victim.id;
    assert.ok(listed.includes(id), `${what}: list() has lost it`);
    assert.ok(listed.includes(scene.witness.id), `${what}: list() has lost another secret`);
    assert.equal(listed.length, 3, what);
  } finally {
    await vault.close();
  }
}

async function checkShow(
  vault: Vault,
  victim: Victim,
  { column }: Edit,
  what: string,
  expected: string,
): Promise<void> {
  // show() reads no value, so an edit of the value alone is none of its business.
  if (column.table === "secret_values") return;
  assert.equal(await failure(vault.show(victim.id)), expected, `show() after ${what}`);
}

async function checkOthers(
  vault: Vault,
  scene: Scene,
  victim: Victim,
  { column, to }: Edit,
  what: string,
): Promise<void> {
  const { full, plain, witness } = scene;
  assert.equal(await lent(vault, witness.id, {}), witness.value, what);
  const other = victim === full ? plain : full;
  // A group moved to another secret is an edit of that one too. A name is not, for a name of
  // another scope than the secret's is none of its names.
  const wasEdited = column.table === "attached_groups" && to === other.id;
  const outcome = await failure(lent(vault, other.id, other.context));
  assert.equal(outcome, wasEdited ? "INTEGRITY" : "none", `${what}: another secret`);
  await checkNames(vault, scene, victim, what);
}

/** Whatever name is used where: the victim's value is not lent, and no name lends another's value. */
async function checkNames(
  vault: Vault,
  { full, plain, witness }: Scene,
  victim: Victim,
  what: string,
): Promise<void> {
  const values = new Map([full, plain, witness].map(({ id, value }) => [id, value]));
  const names = ["OPENAI_API_KEY", "alias one", "alias two", "PLAIN", "plain alias", "x", "openai"];
  for (const context of CONTEXTS) {
    for (const name of names) {
      try {
        const [id, value] = await vault.use(
          name,
          context,
          (bytes, secret) => [secret.id, new TextDecoder().decode(bytes)] as const,
        );
        assert.notEqual(id, victim.id, `${what}: ${name} still lends it`);
        assert.equal(value, values.get(id), `${what}: ${name} lends a wrong value`);
      } catch (error) {
        if (!hasCode(error, "NOT_FOUND", "ACCESS_DENIED", "INTEGRITY")) throw error;
      }
    }
  }
}

async function checkEveryField(which: "full" | "plain"): Promise<Set<string>> {
  const edited = new Set<string>();
  await withDirectory(async (directory) => {
    const scene = await makeScene(directory);
    const [victim, other] = which === "full"
      ? [scene.full, scene.plain]
      : [scene.plain, scene.full];
    const edits = withRaw(scene.path, (raw) => editsOfSecret(raw, victim.id, other.id));
    for (const edit of edits) {
      const path = await copyDatabase(scene.path, join(directory, "edited.db"));
      if (!withRaw(path, (raw) => apply(raw, edit))) continue;
      edited.add(`${edit.column.table}.${edit.column.name}`);
      await checkEdit(scene, victim, edit, path);
    }
  });
  return edited;
}

function allColumns(raw: DatabaseSync): string[] {
  const tables = tablesOf(raw).filter((name) => !NOT_OF_A_SECRET.includes(name));
  return tables.flatMap((table) => columnsOf(raw, table).map(({ name }) => `${table}.${name}`));
}

for (const which of ["full", "plain"] as const) {
  const kind = which === "full" ? "a group's secret with everything" : "a global secret";
  test(
    `use() refuses ${kind} after an edit of any one field of its rows, and no other secret is harmed`,
    { timeout: 240_000 },
    async () => {
      const edited = await checkEveryField(which);
      const columns = await withDirectory(async (directory) => {
        await (await sqliteStore(directory)).close();
        return withRaw(join(directory, "vault.db"), allColumns);
      });
      assert.ok(columns.length >= 22, `${columns}`);
      assert.deepEqual([...edited].sort(), columns.sort());
    },
  );
}
