/**
 * What belongs to one secret, one version or one vault is of no use to another.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import type { DatabaseSync } from "node:sqlite";
import type { Vault } from "../../lib/vault/vault.ts";
import { withDirectory } from "../helpers/program.ts";
import {
  columnsOf,
  ownerColumn,
  row,
  rows,
  run,
  type SqlRow,
  type SqlValue,
  tablesOf,
  withRaw,
} from "../helpers/raw_database.ts";
import { initVault, KEK, openVault, OTHER_KEK, sqliteStore, utf8 } from "../helpers/vaults.ts";

const GROUP = { workspaceId: "W", groupId: "G" };

interface Scene {
  readonly directory: string;
  readonly path: string;
  readonly a: string;
  readonly b: string;
}

/** Two secrets of one length, "A" and "B", and a "WITNESS"; then `attack`, then what must hold. */
async function attacked(
  attack: (raw: DatabaseSync, scene: Scene) => void,
  check: (vault: Vault, scene: Scene) => Promise<void>,
  before: (vault: Vault, scene: Scene) => Promise<void> = async () => {},
): Promise<void> {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const vault = await initVault({ store: await sqliteStore(directory) });
    const a = (await vault.create({ name: "A", value: utf8("value of A") })).id;
    const b = (await vault.create({ name: "B", value: utf8("value of B") })).id;
    await vault.create({ name: "WITNESS", value: utf8("unharmed") });
    const scene = { directory, path, a, b };
    await before(vault, scene);
    await vault.close();
    withRaw(path, (raw) => {
      raw.exec("pragma foreign_keys = off");
      attack(raw, scene);
    });
    const reopened = await openVault({ store: await sqliteStore(directory) });
    try {
      await check(reopened, scene);
      assert.equal(await lent(reopened, "WITNESS"), "unharmed");
    } finally {
      await reopened.close();
    }
  });
}

function lent(vault: Vault, ref: string): Promise<string> {
  return vault.use(ref, {}, (value) => new TextDecoder().decode(value));
}

async function refused(vault: Vault, ...refs: string[]): Promise<void> {
  for (const ref of refs) {
    await assert.rejects(lent(vault, ref), { code: "INTEGRITY" }, ref);
  }
}

function swap(raw: DatabaseSync, table: string, column: string, a: string, b: string): void {
  const key = ownerColumn(columnsOf(raw, table));
  const select = `select ${column} as field from ${table} where ${key} = ?`;
  const [ofA, ofB] = [row(raw, select, a).field ?? null, row(raw, select, b).field ?? null];
  const update = `update ${table} set ${column} = ? where ${key} = ?`;
  assert.equal(run(raw, update, ofB, a) + run(raw, update, ofA, b), 2);
}

test("use() refuses two secrets whose wrapped DEKs were swapped", async () => {
  await attacked(
    (raw, { a, b }) => swap(raw, "secrets", "wrapped_dek", a, b),
    (vault, { a, b }) => refused(vault, a, b, "A", "B"),
  );
});

test("use() refuses two secrets whose sealed values were swapped", async () => {
  await attacked(
    (raw, { a, b }) => swap(raw, "secret_values", "sealed_value", a, b),
    (vault, { a, b }) => refused(vault, a, b, "A", "B"),
  );
});

test("use() refuses two secrets whose wrapped DEKs and sealed values were both swapped", async () => {
  await attacked(
    (raw, { a, b }) => {
      swap(raw, "secrets", "wrapped_dek", a, b);
      swap(raw, "secret_values", "sealed_value", a, b);
    },
    (vault, { a, b }) => refused(vault, a, b, "A", "B"),
  );
});

/** Gives A's rows in these tables B's id, and B's A's. */
function exchangeIds(raw: DatabaseSync, tables: readonly string[], a: string, b: string): void {
  const spare = "00000000-0000-4000-8000-000000000000";
  for (const table of tables) {
    const key = ownerColumn(columnsOf(raw, table));
    for (const [from, to] of [[a, spare], [b, a], [spare, b]] as const) {
      run(raw, `update ${table} set ${key} = ? where ${key} = ?`, to, from);
    }
  }
}

test("use() refuses two secrets that exchanged their ids, in any choice of tables", async () => {
  const tables = ["secrets", "secret_values", "secret_names"];
  for (let choice = 1; choice < 2 ** tables.length; choice++) {
    const chosen = tables.filter((_, bit) => (choice & (1 << bit)) !== 0);
    await attacked(
      (raw, { a, b }) => exchangeIds(raw, chosen, a, b),
      (vault, { a, b }) => refused(vault, a, b, "A", "B"),
    );
  }
});

function rowsOf(raw: DatabaseSync, id: string): [string, SqlRow[]][] {
  return tablesOf(raw).filter((table) => !["audit", "vault"].includes(table)).map((table) => {
    const key = ownerColumn(columnsOf(raw, table));
    return [table, rows(raw, `select * from ${table} where ${key} = ?`, id)];
  });
}

function insert(raw: DatabaseSync, table: string, values: SqlRow): void {
  const columns = Object.keys(values);
  const marks = columns.map(() => "?").join(", ");
  const sql = `insert into ${table} (${columns.join(", ")}) values (${marks})`;
  run(raw, sql, ...Object.values(values));
}

for (const patched of [false, true]) {
  const how = patched ? ", even under that vault's kekId" : "";
  test(`use() refuses a secret put into another vault of the same key${how}`, async () => {
    await withDirectory(async (elsewhere) => {
      const source = await initVault({ store: await sqliteStore(elsewhere) });
      const { id } = await source.create({ name: "C", value: utf8("from elsewhere") });
      await source.close();
      const moved = withRaw(join(elsewhere, "vault.db"), (raw) => rowsOf(raw, id));
      await attacked(
        (raw) => {
          const kekId = row(raw, "select kek_id from vault").kek_id ?? null;
          for (const [table, found] of moved) {
            for (const values of found) {
              const patch = patched && table === "secrets" ? { kek_id: kekId } : {};
              insert(raw, table, { ...values, ...patch });
            }
          }
        },
        async (vault) => {
          await refused(vault, id, "C");
          await assert.rejects(vault.show("C"), { code: "INTEGRITY" });
          assert.equal(await lent(vault, "A"), "value of A");
        },
      );
    });
  });
}

/** What a row held before the owner changed the secret: put back in part, it must not fit. */
interface Replay {
  readonly name: string;
  readonly change: (vault: Vault, a: string) => Promise<unknown>;
  readonly columns: readonly `${string}.${string}`[];
}

const renamed = (vault: Vault, a: string) => vault.update(a, { aliases: ["other"] });
const rotated = (vault: Vault, a: string) => vault.rotate(a, utf8("new value!"));
const attached = (vault: Vault, a: string) => vault.attachGroup(a, GROUP);
const rekeyed = (vault: Vault) =>
  vault.rotateMaster({ settings: { type: "caller" }, kek: OTHER_KEK });

const REPLAYS: readonly Replay[] = [
  { name: "wrapped DEK after a new alias", change: renamed, columns: ["secrets.wrapped_dek"] },
  { name: "wrapped DEK after an attachment", change: attached, columns: ["secrets.wrapped_dek"] },
  { name: "wrapped DEK after a rotation", change: rotated, columns: ["secrets.wrapped_dek"] },
  { name: "value after a rotation", change: rotated, columns: ["secret_values.sealed_value"] },
  {
    name: "wrapped DEK and value after a rotation",
    change: rotated,
    columns: ["secrets.wrapped_dek", "secret_values.sealed_value"],
  },
  {
    name: "wrapped DEK, value and version after a rotation",
    change: rotated,
    columns: ["secrets.wrapped_dek", "secrets.value_version", "secret_values.sealed_value"],
  },
  { name: "wrapped DEK after a new master key", change: rekeyed, columns: ["secrets.wrapped_dek"] },
  {
    name: "wrapped DEK and kekId after a new master key",
    change: rekeyed,
    columns: ["secrets.wrapped_dek", "secrets.kek_id"],
  },
];

for (const { name, change, columns } of REPLAYS) {
  test(`use() refuses a secret that was given back its old ${name}`, async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, "vault.db");
      const vault = await initVault({ store: await sqliteStore(directory) });
      const { id: a } = await vault.create({ name: "A", value: utf8("old value!") });
      await vault.create({ name: "WITNESS", value: utf8("unharmed") });
      const select = (column: string): [string, string] => {
        const [table = "", field = ""] = column.split(".");
        return [`${table} set ${field} = ?`, `select ${field} as field from ${table}`];
      };
      const where = (column: string) => column.startsWith("secrets.") ? "id" : "secret_id";
      const old = withRaw(
        path,
        (raw) =>
          columns.map((column): SqlValue =>
            row(raw, `${select(column)[1]} where ${where(column)} = ?`, a).field ?? null
          ),
      );
      await change(vault, a);
      await vault.close();
      withRaw(path, (raw) => {
        columns.forEach((column, i) => {
          const sql = `update ${select(column)[0]} where ${where(column)} = ?`;
          assert.equal(run(raw, sql, old[i] ?? null, a), 1);
        });
      });
      const kek = change === rekeyed ? OTHER_KEK : KEK;
      const reopened = await openVault({ store: await sqliteStore(directory), kek });
      await refused(reopened, a, "A");
      assert.equal(await lent(reopened, "WITNESS"), "unharmed");
      await reopened.close();
    });
  });
}

test("use() refuses a secret that got back a group it was detached from", async () => {
  await attacked(
    (raw, { a }) => void run(raw, "insert into attached_groups values (?, 'W', 'G')", a),
    async (vault, { a }) => {
      await assert.rejects(vault.use(a, GROUP, () => {}), { code: "INTEGRITY" });
      await assert.rejects(vault.use("A", GROUP, () => {}), { code: "INTEGRITY" });
    },
    async (vault, { a }) => {
      await vault.attachGroup(a, GROUP);
      await vault.detachGroup(a, GROUP);
    },
  );
});

const REDIRECTS: readonly [string, (raw: DatabaseSync, scene: Scene) => void][] = [
  ["leads to another secret", (raw, { a, b }) => {
    run(raw, "update secret_names set secret_id = ? where secret_id = ?", b, a);
  }],
  ["was exchanged with another's", (raw, { a, b }) => {
    exchangeIds(raw, ["secret_names"], a, b);
  }],
  ["leads to a secret of another scope", (raw, { a, b }) => {
    run(raw, "update secret_names set secret_id = ? where secret_id = ?", b, a);
    run(raw, "update secrets set scope_kind = 'workspace', workspace_id = 'W' where id = ?", b);
    const moved = "update secret_names set scope_kind = 'workspace', workspace_id = 'W'";
    run(raw, `${moved} where secret_id = ? and name = 'B'`, b);
  }],
];

for (const [how, redirect] of REDIRECTS) {
  test(`no operation reaches another secret by a name that ${how}`, async () => {
    await attacked(redirect, async (vault) => {
      await refused(vault, "A");
      await assert.rejects(vault.show("A"), { code: "INTEGRITY" });
      await assert.rejects(vault.rotate("A", utf8("x")), { code: "INTEGRITY" });
      await assert.rejects(vault.update("A", { aliases: ["x"] }), { code: "INTEGRITY" });
      await assert.rejects(vault.attachGroup("A", GROUP), { code: "INTEGRITY" });
      await assert.rejects(vault.detachGroup("A", GROUP), { code: "INTEGRITY" });
      await assert.rejects(vault.delete("A"), { code: "INTEGRITY" });
      assert.equal((await vault.info()).secrets, 3);
    });
  });
}
