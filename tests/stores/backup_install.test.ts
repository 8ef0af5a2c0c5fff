/** Putting a backup in the vault's place: over what, beside what, and in which state. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { prepareRestore } from "../../lib/vault/backup.ts";
import { callerKey } from "../../lib/vault/keys/key_source.ts";
import { readRow } from "../../lib/vault/read_row.ts";
import { backedUp, checkRestored, namesIn, placeIn } from "../helpers/backups.ts";
import { withDirectory } from "../helpers/program.ts";
import { withRaw } from "../helpers/raw_database.ts";
import {
  contentOf,
  initVault,
  KEK,
  openVault,
  OTHER_KEK,
  sqliteStore,
  utf8,
} from "../helpers/vaults.ts";

const CALLER = { type: "caller" };
const SELF = { actor: "test", now: () => 1 };
const byKek = () => Promise.resolve(callerKey(KEK));

test("install() leaves a vault that was made meanwhile alone, unless it is forced", async () => {
  await withDirectory(async (directory) => {
    const file = join(directory, "backup");
    await backedUp(directory, file);
    const place = placeIn(directory);
    const later = await openVault({ store: await sqliteStore(directory) });
    await later.create({ name: "LATER", value: utf8("later") });
    await later.close();
    const store = await sqliteStore(directory);
    const before = await contentOf(store);
    const install = (force: boolean) =>
      place.withBackup(file, "restore", (backup) => place.install(backup, force));
    await assert.rejects(install(false), { code: "ALREADY_EXISTS" });
    assert.deepEqual(await contentOf(store), before);
    const { aside } = await install(true);
    assert.notDeepEqual(await contentOf(store), before);
    await store.close();
    const kept = await sqliteStore(directory, String(aside).slice(directory.length + 1));
    assert.deepEqual(await contentOf(kept), before);
    await kept.close();
  });
});

test("install() keeps aside all that others write until their vault is replaced", async () => {
  await withDirectory(async (directory) => {
    const file = join(directory, "backup");
    await backedUp(directory, file);
    const place = placeIn(directory);
    const other = await openVault({ store: await sqliteStore(directory) });
    const written: string[] = [];
    const begun = Promise.withResolvers<void>();
    let isInstalled = false;
    const writing = async (): Promise<void> => {
      while (!isInstalled) {
        const { name } = await other.create({ name: `B${written.length}`, value: utf8("b") });
        written.push(name);
        begun.resolve();
        await delay(0);
      }
    };
    const install = async (): Promise<string | undefined> => {
      try {
        const made = await place.withBackup(
          file,
          "restore",
          (backup) => place.install(backup, true),
        );
        return made.aside;
      } finally {
        isInstalled = true;
      }
    };
    const [aside] = await Promise.all([begun.promise.then(install), writing()]);
    const now = await namesIn(other);
    await other.close();
    const kept = await openVault({
      store: await sqliteStore(directory, String(aside).slice(directory.length + 1)),
    });
    const before = await namesIn(kept);
    assert.equal((await kept.verify()).isIntact, true);
    await kept.close();
    assert.ok(before.length > 1, "something was written before");
    const lost = written.filter((name) => !before.includes(name) && !now.includes(name));
    assert.deepEqual(lost, []);
  });
});

test("install() takes the log of another database for no part of the restored one", async () => {
  await withDirectory(async (directory) => {
    const file = join(directory, "backup");
    await backedUp(directory, file);
    await withDirectory(async (elsewhere) => {
      // While it is open, what was written lies in its log.
      const other = await initVault({ store: await sqliteStore(elsewhere) });
      await other.create({ name: "B", value: utf8("b") });
      await rm(join(directory, "vault.db"));
      await copyFile(join(elsewhere, "vault.db-wal"), join(directory, "vault.db-wal"));
      await other.close();
    });
    const place = placeIn(directory);
    await place.withBackup(file, "restore", (backup) => place.install(backup, false));
    assert.deepEqual((await readdir(directory)).sort(), ["backup", "vault.db"]);
    const vault = await openVault({ store: await sqliteStore(directory) });
    await vault.use("A", {}, (value) => assert.deepEqual(value, utf8("a")));
    assert.equal((await vault.verify()).isIntact, true);
    await vault.close();
  });
});

test("install() takes the rollback journal of another program for no part of the restored vault", async () => {
  for (const isEmptied of [true, false]) {
    await withDirectory(async (directory) => {
      const file = join(directory, "backup");
      await backedUp(directory, file);
      const path = join(directory, "vault.db");
      const journal = withRaw(path, (raw) => {
        raw.exec("pragma journal_mode = delete; pragma cache_size = 1; begin");
        // More than the cache holds, so that the journal is on the disk before the commit.
        raw.exec(
          "create table big (x); update audit set note = 'other'; update vault set kek_id = ''",
        );
        for (let n = 0; n < 100; n++) raw.exec("insert into big values (randomblob(4000))");
        return readFileSync(`${path}-journal`);
      });
      if (isEmptied) await writeFile(path, "");
      else await rm(path);
      await writeFile(`${path}-journal`, journal, { mode: 0o600 });
      const place = placeIn(directory);
      const { aside } = await place.withBackup(
        file,
        "restore",
        (backup) => place.install(backup, isEmptied),
      );
      if (isEmptied) assert.deepEqual(await readFile(`${aside}-journal`), journal);
      await checkRestored(directory);
    });
  }
});

test("prepareRestore() forgets where a rotation went that was under way when the backup was made", async () => {
  await withDirectory(async (directory) => {
    const place = placeIn(directory);
    const file = join(directory, "backup");
    const [rotating, other] = [
      await initVault({ store: await sqliteStore(directory) }),
      await openVault({ store: await sqliteStore(directory) }),
    ];
    await rotating.rotateMaster({ settings: CALLER, kek: OTHER_KEK }, async (step) => {
      if (step === "intent") await other.createBackup(place.target(file));
    });
    const noted = await place.withBackup(file, "restore", async (backup) => {
      const noteOf = async () => {
        const store = await backup.copy.openStore();
        const { rotation, kekId } = await readRow(store);
        await store.close();
        return { isOfPresentKey: rotation?.toKekId === kekId, from: rotation?.from };
      };
      const before = await noteOf();
      await prepareRestore(backup, byKek, SELF);
      const after = await noteOf();
      await (await openVault({ store: await backup.copy.openStore() })).close();
      return [before, after, await noteOf()];
    });
    assert.deepEqual(noted, [
      { isOfPresentKey: false, from: CALLER },
      { isOfPresentKey: true, from: CALLER },
      { isOfPresentKey: false, from: undefined },
    ]);
    await other.close();
    await rotating.close();
  });
});

test("a manifest of more than 64 KiB is refused, however much room its length asks for", async () => {
  await withDirectory(async (directory) => {
    const place = placeIn(directory);
    const file = join(directory, "backup");
    await backedUp(directory, file);
    const bytes = await readFile(file);
    const at = "aivault-backup 1\n".length;
    const length = bytes.readUInt32BE(at);
    /** The same backup with a manifest of this length, filled up with spaces. */
    const padded = async (size: number, claimed = size): Promise<void> => {
      const head = Uint8Array.from(bytes.subarray(0, at + 4));
      new DataView(head.buffer).setUint32(at, claimed);
      const manifest = new Uint8Array(size).fill(0x20);
      manifest.set(bytes.subarray(at + 4, at + 4 + length));
      await writeFile(file, Buffer.concat([head, manifest, bytes.subarray(at + 4 + length)]));
    };
    const lengthRead = () =>
      place.withBackup(file, "verify", ({ manifest }) => Promise.resolve(manifest.length));
    await padded(65_536);
    assert.equal(await lengthRead(), 65_536);
    await padded(65_537);
    await assert.rejects(lengthRead(), { code: "INTEGRITY" });
    await padded(65_536, 0xffff_ffff);
    await assert.rejects(lengthRead(), { code: "INTEGRITY" });
  });
});
