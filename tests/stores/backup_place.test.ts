/** Copies of a vault in SQLite, and backups of it, while others write and with an attacker's hand on them. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import type { DatabaseCopy } from "../../lib/vault/backup.ts";
import { holdKek } from "../../lib/vault/keys/kek.ts";
import { Vault } from "../../mod.ts";
import { copyTables } from "../../providers/stores/copy_tables.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { auditRow } from "../contract/store_records.ts";
import { check, partsOf, withMade } from "../helpers/backups.ts";
import { encode } from "../helpers/independent_chain.ts";
import { aivault, withDirectory } from "../helpers/program.ts";
import { row, rows, withRaw } from "../helpers/raw_database.ts";
import { prepare } from "../helpers/operations.ts";
import { contentOf, initVault, KEK, sqliteStore } from "../helpers/vaults.ts";

test("copyTo() copies every row as it is, also numbers that JavaScript cannot hold", async () => {
  await withDirectory(async (directory) => {
    const store = await sqliteStore(directory);
    await prepare(await initVault({ store }));
    withRaw(
      join(directory, "vault.db"),
      (raw) => raw.exec("update secrets set expires_at_ms = 9007199254740993"),
    );
    const target = await sqliteStore(directory, "copy.db");
    await store.copyTo(target);
    assert.deepEqual(await contentOf(target), await contentOf(store));
    await target.close();
    await store.close();
    const kept = withRaw(join(directory, "copy.db"), (raw) => {
      return rows(raw, "select cast(expires_at_ms as text) as n from secrets");
    });
    assert.deepEqual(kept.map(({ n }) => n), Array(3).fill("9007199254740993"));
  });
});

test("copyTo() takes one committed state, whatever another process is about to commit", async () => {
  await withDirectory(async (directory) => {
    const store = await sqliteStore(directory);
    const vault = await initVault({ store });
    await prepare(vault);
    const before = await contentOf(store);
    const other = await sqliteStore(directory);
    const target = await sqliteStore(directory, "copy.db");
    await other.write(async (writer) => {
      const [first] = await writer.secrets(undefined, 1);
      await writer.deleteSecret(String(first?.id));
      // In the middle of the other's transaction.
      await store.copyTo(target);
    });
    assert.deepEqual(await contentOf(target), before);
    assert.notDeepEqual(await contentOf(store), before);
    for (const each of [target, other, store]) await each.close();
  });
});

test("copyTables() ends at a damaged page with an error, not with the rows before it", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const vault = await initVault({ store: await sqliteStore(directory) });
    for (let n = 0; n < 40; n++) {
      await vault.create({ name: `S${n}`, value: new Uint8Array(1000) });
    }
    await vault.close();
    await (await sqliteStore(directory, "copy.db")).close();
    await overwriteLastLeaf(path, "secret_values");
    withRaw(path, (from) =>
      withRaw(join(directory, "copy.db"), (to) => {
        assert.throws(() => copyTables(from, to));
      }));
  });
});

/** Overwrites the last leaf of a table that has one page above its leaves. */
async function overwriteLastLeaf(path: string, table: string): Promise<void> {
  const { root, size } = withRaw(path, (raw) => {
    const sql =
      "select rootpage as root, page_size as size from sqlite_schema, pragma_page_size where name = ?";
    return row(raw, sql, table);
  });
  const bytes = await readFile(path);
  const at = (Number(root) - 1) * Number(size);
  assert.equal(bytes[at], 5, "an interior page of a table");
  const leaf = (bytes.readUInt32BE(at + 8) - 1) * Number(size);
  bytes.fill(0xff, leaf, leaf + Number(size));
  await writeFile(path, bytes);
}

test("createBackup() gives whole backups while another process writes", async () => {
  await withDirectory(async (directory) => {
    const env = { AIVAULT_DIR: directory };
    const made = await aivault(["secrets", "create", "A", "--value-file", "-"], {
      env,
      stdin: "a",
    });
    assert.equal(made.exitCode, 0, made.stderr);
    const writers = Array.from({ length: 4 }, async (_, n) => {
      const stdin = Array.from({ length: 20 }, (_, i) => `NAME_${n}_${i}=value ${i}\n`).join("");
      return await aivault(["secrets", "import", "--entry-file", "-"], { env, stdin });
    });
    const files = ["one", "two", "three"].map((name) => join(directory, name));
    const backups = await Promise.all(
      files.map((file) => aivault(["backup", "create", file], { env })),
    );
    for (const { exitCode, stderr } of [...backups, ...await Promise.all(writers)]) {
      assert.equal(exitCode, 0, stderr);
    }
    for (const file of files) {
      const { exitCode, stdout, stderr } = await aivault(["backup", "verify", file, "--json"], {
        env,
      });
      assert.equal(exitCode, 0, stderr);
      // Each import is there with all its secrets or none of them.
      assert.equal((JSON.parse(stdout).secrets - 1) % 20, 0);
    }
    assert.deepEqual((await readdir(directory)).filter((name) => name.includes("copy")), []);
  });
});

test("a backup is what it says: a database, its size and SHA-256, and no plaintext", async () => {
  await withMade(async (file, place, directory) => {
    const bytes = await readFile(file);
    const { manifest, database } = partsOf(bytes);
    assert.equal(manifest.size, database.length);
    assert.equal(manifest.sha256, createHash("sha256").update(database).digest("hex"));
    assert.ok(!bytes.includes("the value of"));
    await writeFile(join(directory, "taken.db"), database);
    const count = withRaw(
      join(directory, "taken.db"),
      (raw) => rows(raw, "select count(*) as n from secrets")[0]?.n,
    );
    assert.equal(count, manifest.secrets);
    const { secrets, audit } = await place.withBackup(file, "verify", check(KEK));
    assert.deepEqual(secrets, { secrets: 3, broken: [] });
    assert.ok(audit.isIntact);
    assert.equal(audit.head, manifest.head);
  });
});

test("the proof of a backup is the sealed digest that FORMAT.md describes, by another encoding", async () => {
  await withMade(async (file) => {
    const { manifest } = partsOf(await readFile(file));
    const { vaultId, kekId, createdAtMs, secrets, events, head, size, sha256 } = manifest;
    const hash = new Uint8Array(Buffer.from(sha256, "hex"));
    const fields = [1, vaultId, kekId, createdAtMs, secrets, events, head, size, hash];
    const digest = createHash("sha256").update(encode("backup", ...fields)).digest();
    const proof = new Uint8Array(Buffer.from(manifest.proof, "base64"));
    const context = new Uint8Array(encode("backup-proof", vaultId, kekId));
    const opened = await holdKek(KEK, vaultId).unwrap(proof, context);
    assert.deepEqual(Buffer.from(opened), digest);
  });
});

test("install() shows a process that has the vault open the restored state, and no other", async () => {
  await withMade(async (file, place, directory) => {
    const store = await SqliteStore.open({ path: join(directory, "vault.db") });
    await store.write((writer) => writer.appendAudit(auditRow(99)));
    await place.withBackup(file, "restore", async (backup) => {
      await place.install(backup, true);
    });
    const audit = await store.read((reader) => reader.audit({ limit: 100 }));
    assert.ok(!audit.some(({ seq }) => seq === 99));
    assert.equal(audit.length, Number(partsOf(await readFile(file)).manifest.events));
    await store.close();
  });
});

test("a copy whose log could not be written to its end is neither made a backup nor restored", async () => {
  await withMade(async (file, place, directory) => {
    const database = join(directory, "vault.db");
    const store = await SqliteStore.open({ path: database });
    const vault = await Vault.open({ store, kek: KEK });
    const target = place.target(join(directory, "second.bak"));
    // While a third has it open, the last to write does not bring the log into the file: as on a disk that fails.
    const withOther = async <T>(copy: DatabaseCopy, work: () => Promise<T>): Promise<T> => {
      const other = await copy.openStore();
      try {
        await other.read((reader) => reader.vault());
        return await work();
      } finally {
        await other.close();
      }
    };
    await assert.rejects(
      vault.createBackup({
        ...target,
        withCopy: (work) => target.withCopy((copy) => withOther(copy, () => work(copy))),
      }),
      { code: "DISK" },
    );
    const before = await contentOf(store);
    await assert.rejects(
      place.withBackup(
        file,
        "restore",
        (backup) => withOther(backup.copy, () => place.install(backup, true)),
      ),
      { code: "DISK" },
    );
    assert.deepEqual(await contentOf(store), before);
    await vault.close();
    assert.deepEqual((await readdir(directory)).sort(), ["vault.bak", "vault.db"]);
  });
});
