/**
 * How the file of a database comes to be, and which files SqliteStore gives to SQLite.
 */
import assert from "node:assert/strict";
import {
  chmod,
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import test from "node:test";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { listFiles, snapshot } from "../helpers/files.ts";
import { deadPid, withDirectory } from "../helpers/program.ts";
import { initVault, openVault, sqliteStore } from "../helpers/vaults.ts";

const onlyRoot = process.getuid?.() === 0 ? false : "only root can give a file to somebody else";
const POSIX = process.platform === "win32" ? "Windows has no file modes" : false;

test("SqliteStore.open() refuses a file that was emptied, with or without a log, changing nothing", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const log = await logOf(path);
    // SQLite takes a file of one byte for an empty one, and removes the log that lies beside it.
    for (const content of ["", "S"]) {
      for (const beside of [undefined, log]) {
        await writeFile(path, content);
        if (beside !== undefined) await writeFile(`${path}-wal`, beside, { mode: 0o600 });
        const before = await snapshot(directory);
        for (const create of [true, false]) {
          await assert.rejects(SqliteStore.open({ path, create }), {
            code: "INTEGRITY",
            message: `open ${path}: the file is empty: what was in the vault is gone`,
            hints: [
              "nothing was changed; to get it back: aivault backup restore <file> --force",
              `if there never was a vault in it, remove it: rm '${path}'`,
            ],
          });
          assert.deepEqual(await snapshot(directory), before);
        }
        await rm(`${path}-wal`, { force: true });
      }
    }
  });
});

test("SqliteStore.open() makes no database beside the log of one that is gone, changing nothing", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const log = await logOf(path);
    await rm(path);
    for (const suffix of ["-wal", "-journal"]) {
      await writeFile(path + suffix, log, { mode: 0o600 });
      const before = await snapshot(directory);
      await assert.rejects(SqliteStore.open({ path, create: true }), {
        code: "INTEGRITY",
        message: `open ${path}: the database is gone, but not its log, ${path}${suffix}`,
        hints: [
          "nothing was changed; to get it back: aivault backup restore <file>",
          `if you do not want it back, remove the log: rm '${path}${suffix}'`,
        ],
      });
      assert.deepEqual(await snapshot(directory), before);
      await rm(path + suffix);
    }
    const vault = await initVault({ store: await SqliteStore.open({ path, create: true }) });
    assert.ok((await vault.verify()).isIntact);
    await vault.close();
  });
});

test("SqliteStore.open() refuses a file that another one takes the place of meanwhile", async () => {
  await withDirectory(async (directory) => {
    for (const name of ["vault.db", "other.db"]) {
      await (await initVault({ store: await sqliteStore(directory, name) })).close();
    }
    const path = join(directory, "vault.db");
    const { exec } = DatabaseSync.prototype;
    DatabaseSync.prototype.exec = function (sql) {
      if (existsSync(join(directory, "other.db"))) renameSync(join(directory, "other.db"), path);
      return exec.call(this, sql);
    };
    try {
      await assert.rejects(SqliteStore.open({ path }), {
        code: "DISK",
        problem: "another database was put in its place while it was open",
      });
    } finally {
      DatabaseSync.prototype.exec = exec;
    }
    await (await SqliteStore.open({ path })).close();
  });
});

test("SqliteStore.open() says that a symbolic link leads nowhere, and makes nothing there", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    await symlink("unmounted/vault.db", path);
    for (const create of [true, false]) {
      await assert.rejects(SqliteStore.open({ path, create }), {
        code: "DISK",
        message: `open ${path}: it is a symbolic link that leads nowhere`,
        hints: [
          `nothing was changed; bring back what it leads to, or remove it: rm '${path}'`,
        ],
      });
    }
    assert.deepEqual(await readdir(directory), ["vault.db"]);
  });
});

/** The write-ahead log of a vault at work at `path`. */
async function logOf(path: string): Promise<Uint8Array> {
  const vault = await initVault({ store: await SqliteStore.open({ path, create: true }) });
  const log = await readFile(`${path}-wal`);
  await vault.close();
  return log;
}

test("SqliteStore.open() removes what a process left that died while it made the database", async () => {
  await withDirectory(async (directory) => {
    const left = `vault.db.new.${await deadPid()}.${crypto.randomUUID()}.tmp`;
    await mkdir(join(directory, left), { mode: 0o700 });
    await writeFile(join(directory, left, "vault.db"), "", { mode: 0o600 });
    await (await sqliteStore(directory)).close();
    assert.deepEqual(await listFiles(directory), ["600 vault.db"]);
    // The same where it died after the database was in its place.
    await mkdir(join(directory, left), { mode: 0o700 });
    await link(join(directory, "vault.db"), join(directory, left, "vault.db"));
    await (await sqliteStore(directory)).close();
    assert.deepEqual(await listFiles(directory), ["600 vault.db"]);
  });
});

test("SqliteStore.open() makes one database when asked twenty times at once", async () => {
  await withDirectory(async (directory) => {
    const stores = await Promise.all(Array.from({ length: 20 }, () => sqliteStore(directory)));
    const inits = await Promise.allSettled(stores.map((store) => initVault({ store })));
    assert.equal(inits.filter(({ status }) => status === "fulfilled").length, 1);
    for (const store of stores) await store.close();
    assert.deepEqual(await listFiles(directory), ["600 vault.db"]);
  });
});

test(
  "SqliteStore.open() refuses a vault's database that others can reach, and says how to mend it",
  {
    skip: POSIX,
  },
  async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, "vault.db");
      await (await initVault({ store: await sqliteStore(directory) })).close();
      for (const mode of [0o644, 0o640, 0o620, 0o601]) {
        await chmod(path, mode);
        const before = await snapshot(directory);
        for (const create of [true, false]) {
          await assert.rejects(SqliteStore.open({ path, create }), {
            code: "DISK",
            message: `open ${path}: other users can reach the database`,
            hints: [`mend it with: chmod 600 '${path}'`],
          });
          assert.deepEqual(await snapshot(directory), before);
        }
        await (await SqliteStore.open({ path, anyMode: true })).close();
      }
      await chmod(path, 0o600);
      await (await openVault({ store: await SqliteStore.open({ path }) })).close();
    });
  },
);

test(
  "SqliteStore.open() refuses a vault's database of another user, and says how to mend it",
  { skip: POSIX || onlyRoot },
  async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, "vault.db");
      await (await initVault({ store: await sqliteStore(directory) })).close();
      await chown(path, 65_534, 65_534);
      for (const create of [true, false]) {
        await assert.rejects(SqliteStore.open({ path, create }), {
          code: "DISK",
          message: `open ${path}: the database belongs to another user`,
          hints: [`mend it with: sudo chown 0 '${path}'`],
        });
      }
      await (await SqliteStore.open({ path, anyMode: true })).close();
    });
  },
);

test(
  "SqliteStore.open() refuses a vault's database in a directory that others may write in or own, and says how to mend it",
  { skip: POSIX },
  async () => {
    await withDirectory(async (temporary) => {
      const directory = join(await realpath(temporary), "vault");
      const path = join(directory, "vault.db");
      const linked = join(temporary, "linked.db");
      await (await initVault({ store: await SqliteStore.open({ path, create: true }) })).close();
      await symlink(path, linked);
      const refuses = async (problem: string, hint: string): Promise<void> => {
        for (const named of [path, linked]) {
          await assert.rejects(SqliteStore.open({ path: named }), {
            code: "DISK",
            message: `open ${named}: ${problem}`,
            hints: [hint],
          });
          await (await SqliteStore.open({ path: named, anyMode: true })).close();
        }
      };
      for (const mode of [0o777, 0o1777, 0o720, 0o702]) {
        await chmod(directory, mode);
        // What is everybody's, as /tmp is, has to stay so.
        const hint = mode === 0o1777
          ? "keep the database in a directory of your own"
          : `mend it with: chmod go-w '${directory}'`;
        await refuses("other users can write in the directory of the database", hint);
        // Nor is one made there.
        const created = SqliteStore.open({ path: join(directory, "new.db"), create: true });
        await assert.rejects(created, { code: "DISK", message: /other users can write in/ });
      }
      assert.deepEqual(await readdir(directory), ["vault.db"]);
      await chmod(directory, 0o755);
      await (await openVault({ store: await SqliteStore.open({ path }) })).close();
      if (onlyRoot !== false) return;
      await chown(directory, 65_534, 65_534);
      const hint = `mend it with: sudo chown 0 '${directory}'`;
      await refuses("the directory of the database belongs to another user", hint);
    });
  },
);
