/**
 * Which files SqliteStore opens, which it refuses, and that refusing changes nothing.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { MIGRATIONS } from "../../providers/stores/schema.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { listFiles, snapshot } from "../helpers/files.ts";
import { ended, runtimeCommand, startCommand, withDirectory } from "../helpers/program.ts";
import { row, run, tablesOf, withRaw } from "../helpers/raw_database.ts";
import { initVault, KEK, openVault, sqliteStore, utf8 } from "../helpers/vaults.ts";
import { Vault } from "../../lib/vault/vault.ts";

const POSIX = process.platform === "win32" ? "Windows has no file modes" : false;

/** Makes a vault of some secrets in `directory`; the path of its database. */
async function makeVault(directory: string): Promise<string> {
  const vault = await initVault({ store: await sqliteStore(directory) });
  for (let n = 0; n < 30; n++) await vault.create({ name: `S${n}`, value: utf8(`value ${n}`) });
  await vault.close();
  return join(directory, "vault.db");
}

for (const umask of [0o000, 0o022, 0o777]) {
  const octal = umask.toString(8).padStart(3, "0");
  test(`SqliteStore.open() makes all of its files 0600 in a directory 0700 under umask ${octal}`, {
    skip: POSIX,
    timeout: 240_000,
  }, async () => {
    await withDirectory(async (directory) => {
      // The umask belongs to the whole process, so a process of its own sets it.
      const script = new URL("./open_under_umask.ts", import.meta.url).pathname;
      const command = [...runtimeCommand(script), octal, join(directory, "vault")];
      const { exitCode, stdout, stderr } = await ended(startCommand(command));
      assert.equal(exitCode, 0, stderr);
      // What it saw while the vault was open, right after each step.
      const open = ["600 vault.db", "600 vault.db-shm", "600 vault.db-wal"];
      assert.deepEqual(JSON.parse(stdout), { afterOpen: open, afterInit: open });
      assert.deepEqual(await listFiles(directory), ["700 vault/", "600 vault/vault.db"]);
    });
  });
}

test("SqliteStore.open() leaves the mode of a directory that was there as it is", {
  skip: POSIX,
}, async () => {
  await withDirectory(async (directory) => {
    const shared = join(directory, "shared");
    await mkdir(shared);
    await chmod(shared, 0o750);
    await (await sqliteStore(shared)).close();
    assert.equal((await stat(shared)).mode & 0o777, 0o750);
    assert.equal((await stat(join(shared, "vault.db"))).mode & 0o777, 0o600);
  });
});

test("SqliteStore.open() marks its database with an application id and the schema's version", async () => {
  await withDirectory(async (directory) => {
    const path = await makeVault(directory);
    const header = await readFile(path);
    // Offsets of https://www.sqlite.org/fileformat.html section 1.3: version at 60, application at 68.
    assert.equal(header.readUInt32BE(60), MIGRATIONS.length);
    assert.equal(header.subarray(68, 72).toString("latin1"), "AIVT");
    // Write and read version 2: a write-ahead log.
    assert.deepEqual([...header.subarray(18, 20)], [2, 2]);
  });
});

test("SqliteStore.open() refuses a database of a newer version and leaves it byte for byte", async () => {
  await withDirectory(async (directory) => {
    const path = await makeVault(directory);
    withRaw(path, (raw) => raw.exec(`pragma user_version = ${MIGRATIONS.length + 1}`));
    const before = await snapshot(directory);
    for (const create of [true, false]) {
      await assert.rejects(SqliteStore.open({ path, create }), (error: Error) => {
        assert.match(error.message, /version \d+ is newer/);
        return "code" in error && error.code === "UNSUPPORTED";
      });
      assert.deepEqual(await snapshot(directory), before);
    }
  });
});

const FOREIGN: readonly [string, string][] = [
  ["with an application id", "pragma application_id = 1; create table t (x)"],
  ["with an application id and no table", "pragma application_id = 252006674"],
  ["with a version of its own", "pragma user_version = 3; create table t (x)"],
  ["with neither", "create table vault (x); insert into vault values (1)"],
  ["of our application id without a version", `pragma application_id = ${0x41495654}`],
  [
    "of our application id with a negative version",
    `
    pragma application_id = ${0x41495654}; pragma user_version = -1; create table t (x)`,
  ],
];

for (const [which, sql] of FOREIGN) {
  test(`SqliteStore.open() refuses another program's database ${which}, changing nothing`, async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, "vault.db");
      withRaw(path, (raw) => raw.exec(sql));
      const before = await snapshot(directory);
      for (const create of [true, false]) {
        await assert.rejects(SqliteStore.open({ path, create }), { code: "INTEGRITY" });
        assert.deepEqual(await snapshot(directory), before);
      }
    });
  });
}

test("SqliteStore.open() refuses a file that is no database, changing nothing", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    for (const content of ["not a database", "x".repeat(8192), '{"json":1}'.repeat(999)]) {
      await writeFile(path, content);
      for (const create of [true, false]) {
        await assert.rejects(SqliteStore.open({ path, create }), { code: "INTEGRITY" });
        assert.equal(await readFile(path, "utf8"), content);
      }
    }
  });
});

test("SqliteStore.open() says NOT_FOUND where there is no database, and makes none", async () => {
  await withDirectory(async (directory) => {
    for (const path of [join(directory, "vault.db"), join(directory, "not/there/vault.db")]) {
      await assert.rejects(SqliteStore.open({ path }), { code: "NOT_FOUND" });
    }
    assert.deepEqual(await listFiles(directory), []);
  });
});

test(
  "a truncated database fails with INTEGRITY, wherever it was cut",
  { timeout: 240_000 },
  async () => {
    await withDirectory(async (directory) => {
      const path = await makeVault(directory);
      const whole = await readFile(path);
      // The last cut leaves all pages but one.
      for (
        const length of [0, 1, 2, 99, 100, 1000, 4096, 8192, whole.length >> 1, whole.length - 4096]
      ) {
        await writeFile(path, whole);
        await truncate(path, length);
        await assert.rejects(
          async () => {
            const vault = await openVault({ store: await SqliteStore.open({ path }) });
            await vault.close();
          },
          { code: "INTEGRITY" },
          `${length} bytes`,
        );
      }
      await writeFile(path, whole);
      await (await openVault({ store: await SqliteStore.open({ path }) })).close();
    });
  },
);

test("a database with an overwritten page fails with INTEGRITY and never with another value", {
  timeout: 240_000,
}, async () => {
  await withDirectory(async (directory) => {
    const path = await makeVault(directory);
    const whole = await readFile(path);
    for (let page = 1; page < whole.length / 4096; page++) {
      const damaged = new Uint8Array(whole);
      damaged.set(createHash("sha512").update(`${page}`).digest(), page * 4096);
      await writeFile(path, damaged);
      const code = await useAll(path);
      assert.ok(code === "none" || code === "INTEGRITY", `page ${page}: ${code}`);
    }
  });
});

/** Uses every secret: what is lent is right, and what fails says why. */
async function useAll(path: string): Promise<string> {
  let store: SqliteStore | undefined;
  try {
    store = await SqliteStore.open({ path });
    const vault = await Vault.open({ store, kek: KEK });
    for (let n = 0; n < 30; n++) {
      const text = await vault.use(`S${n}`, {}, (value) => new TextDecoder().decode(value));
      assert.equal(text, `value ${n}`);
    }
    return "none";
  } catch (error) {
    if (error instanceof Error && "code" in error) return String(error.code);
    throw error;
  } finally {
    await store?.close();
  }
}

test("a database whose tables were changed fails with INTEGRITY", async () => {
  await withDirectory(async (directory) => {
    const path = await makeVault(directory);
    const whole = await readFile(path);
    const changes = [
      ...withRaw(path, tablesOf).map((table) => `drop table ${table}`),
      "alter table secrets drop column kek_id",
      "alter table vault rename column vault_id to id",
      "delete from secret_names",
      "update vault set audit_seq = 9007199254740993",
      "update vault set provider = 'no json'",
      "update vault set retired_kek_ids = '{}'",
    ];
    for (const sql of changes) {
      await writeFile(path, whole);
      withRaw(path, (raw) => {
        raw.exec("pragma foreign_keys = off");
        raw.exec(sql);
      });
      const expected = ["drop table secret_names", "delete from secret_names"].includes(sql)
        ? ["INTEGRITY", "NOT_FOUND"]
        : ["INTEGRITY"];
      assert.ok(expected.includes(await useAll(path)), sql);
    }
    await writeFile(path, whole);
    withRaw(path, (raw) => void run(raw, "update vault set format_version = 4"));
    assert.equal(await useAll(path), "UNSUPPORTED");
    assert.equal(withRaw(path, (raw) => row(raw, "select count(*) as n from secrets").n), 30);
  });
});
