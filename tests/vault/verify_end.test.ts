/**
 * Vault.verify() and the end of the chain: what is cut off, appended and put back, and what only a noted head finds.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import test from "node:test";
import { openAnchor } from "../../lib/vault/audit/anchor.ts";
import { auditMac, auditProof, nextChainKey } from "../../lib/vault/audit/audit.ts";
import { auditHead } from "../../lib/vault/audit/audit_head.ts";
import { holdKek } from "../../lib/vault/keys/kek.ts";
import { descriptionMac, openProofKeys } from "../../lib/vault/audit/proof_key.ts";
import { readVaultRow } from "../../lib/vault/vault_row.ts";
import { finds, withPast } from "../helpers/past.ts";
import { withDirectory } from "../helpers/program.ts";
import { copyDatabase, row, run, withRaw } from "../helpers/raw_database.ts";
import { initVault, KEK, openVault, OTHER_KEK, sqliteStore, utf8 } from "../helpers/vaults.ts";
import { shortFindings } from "../helpers/verified.ts";

test("verify() finds an end that was cut off, whatever the vault's row says then", async () => {
  const cut = (raw: DatabaseSync): void => void run(raw, "delete from audit where seq > 9");
  await finds(cut, "event-missing 10");
  await finds((raw) => {
    cut(raw);
    run(raw, "update vault set audit_seq = 9");
  }, "chain-end 9");
  await finds((raw) => {
    cut(raw);
    const { mac = null } = row(raw, "select mac from audit where seq = 9");
    run(raw, "update vault set audit_seq = 9, audit_mac = ?", mac);
  }, "chain-end 9");
  for (const field of ["audit_key", "audit_mac"]) {
    await finds((raw) => void run(raw, `update vault set ${field} = zeroblob(32)`), "chain-end 10");
  }
  await finds(
    (raw) => void run(raw, "update vault set audit_seq = 8"),
    "event-inserted 9",
    "event-inserted 10",
    "chain-end 8",
  );
  await finds(
    (raw) => void run(raw, "update vault set audit_seq = 12"),
    "event-missing 11-12",
    "chain-end 12",
  );
  await finds(
    (raw) => void run(raw, "update vault set audit_seq = ?", Number.MAX_SAFE_INTEGER),
    `event-missing 11-${Number.MAX_SAFE_INTEGER}`,
  );
});

test("verify() finds an event that whoever read the chain key has appended, but for one that needs no key", async () => {
  const append = (kind: string, proof: Uint8Array) => (raw: DatabaseSync): void => {
    const { vault_id, audit_key, audit_mac } = row(raw, "select * from vault");
    assert.ok(audit_key instanceof Uint8Array && audit_mac instanceof Uint8Array);
    const empty = { secretId: "", secretName: "", scope: "", context: "", note: "" };
    const digests = { previousDigest: "", stateDigest: "" };
    const fields = { seq: 11, timeMs: 1, kind, actor: "test", ...empty, ...digests };
    const mac = auditMac(audit_key, String(vault_id), audit_mac, fields);
    run(
      raw,
      "insert into audit values (11, 1, ?, 'test', '', '', '', '', '', '', '', ?, ?)",
      kind,
      mac,
      proof,
    );
    run(
      raw,
      "update vault set audit_seq = 11, audit_mac = ?, audit_key = ?",
      mac,
      nextChainKey(audit_key),
    );
  };
  await finds(append("vault.unlock", new Uint8Array()), "event-forged 11");
  await finds(append("secret.use", new Uint8Array(32)), "event-forged 11");
  await finds(append("audit.prune", new Uint8Array(32)), "event-forged 11");
  // Said in SECURITY.md: a failed unlocking is on record without the key, so anyone can put one there.
  await finds(append("vault.unlock.failed", new Uint8Array()));
});

test("verify() finds an event without proof that was replaced by who knew its chain key", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const vault = await initVault({ store: await sqliteStore(directory) });
    // The attacker reads the chain key of event 2 before it is used.
    const seen = withRaw(path, (raw) => row(raw, "select * from vault"));
    await vault.recordLock("vault.lock");
    await vault.create({ name: "A", value: utf8("a") });
    withRaw(path, (raw) => {
      const { audit_key, audit_mac, vault_id } = seen;
      assert.ok(audit_key instanceof Uint8Array && audit_mac instanceof Uint8Array);
      const empty = { secretId: "", secretName: "", scope: "", context: "", note: "" };
      const digests = { previousDigest: "", stateDigest: "" };
      const kind = "vault.unlock.failed";
      const fields = { seq: 2, timeMs: 1, kind, actor: "test", ...empty, ...digests };
      const mac = auditMac(audit_key, String(vault_id), audit_mac, fields);
      run(
        raw,
        "update audit set time_ms = 1, kind = ?, actor = 'test', mac = ? where seq = 2",
        kind,
        mac,
      );
    });
    assert.deepEqual(shortFindings(await vault.verify()), ["event-forged 2"]);
    await vault.close();
  });
});

test("verify({ head }) finds a vault that was put back as a whole, which nothing else can", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const first = await initVault({ store: await sqliteStore(directory) });
    await first.create({ name: "A", value: utf8("a1") });
    await first.close();
    const old = await copyDatabase(path, join(directory, "old.db"));
    const store = await sqliteStore(directory);
    const vault = await openVault({ store });
    await vault.rotate("A", utf8("a2"));
    const head = await auditHead(store);
    await vault.recordLock("vault.lock");
    assert.deepEqual(shortFindings(await vault.verify({ head })), []);
    await vault.close();
    const back = await openVault({ store: await sqliteStore(directory, "old.db") });
    assert.equal((await back.verify()).isIntact, true, "said in SECURITY.md");
    assert.deepEqual(shortFindings(await back.verify({ head })), ["head-missing 3"]);
    // Another past of the same length is another head.
    await back.rotate("A", utf8("a3"));
    assert.deepEqual(shortFindings(await back.verify({ head })), ["head-differs 3"]);
    await back.close();
    assert.ok(old.length > 0);
  });
});

test("verify({ head }) finds an end that was cut off with an old copy of the vault's row", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const store = await sqliteStore(directory);
    const vault = await initVault({ store });
    await vault.create({ name: "A", value: utf8("a") });
    const old = withRaw(path, (raw) => row(raw, "select * from vault"));
    await vault.use("A", {}, () => {});
    const head = await auditHead(store);
    withRaw(path, (raw) => {
      run(raw, "delete from audit where seq = 3");
      const { audit_seq = null, audit_mac = null, audit_key = null } = old;
      run(
        raw,
        "update vault set audit_seq = ?, audit_mac = ?, audit_key = ?",
        audit_seq,
        audit_mac,
        audit_key,
      );
    });
    // A use that was cut off so leaves no trace in the vault itself: said in SECURITY.md.
    assert.deepEqual(shortFindings(await vault.verify()), []);
    assert.deepEqual(shortFindings(await vault.verify({ head })), ["head-missing 3"]);
    await vault.close();
  });
});

test("verify() finds an end that was cut off so if a secret changed in it", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const vault = await initVault({ store: await sqliteStore(directory) });
    await vault.create({ name: "A", value: utf8("a") });
    const old = withRaw(path, (raw) => row(raw, "select * from vault"));
    await vault.rotate("A", utf8("a2"));
    await vault.create({ name: "B", value: utf8("b") });
    withRaw(path, (raw) => {
      run(raw, "delete from audit where seq > 2");
      const { audit_seq = null, audit_mac = null, audit_key = null } = old;
      run(
        raw,
        "update vault set audit_seq = ?, audit_mac = ?, audit_key = ?",
        audit_seq,
        audit_mac,
        audit_key,
      );
    });
    assert.deepEqual(shortFindings(await vault.verify()).sort(), [
      "secret-added B",
      "secret-changed A",
    ]);
    await vault.close();
  });
});

test("verify({ head }) takes nothing for a head that is none", async () => {
  await withPast(() => {}, async (vault) => {
    for (
      const head of [
        "",
        "3",
        "3:",
        `0:${"0".repeat(64)}`,
        `3:${"0".repeat(63)}`,
        `x:${"0".repeat(64)}`,
      ]
    ) {
      await assert.rejects(
        async () => await vault.verify({ head }),
        { code: "INVALID_INPUT" },
        head,
      );
    }
  });
});

test("a rotation of the master key is no seam: events and heads from before it still verify", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const store = await sqliteStore(directory);
    const vault = await initVault({ store });
    await vault.create({ name: "A", value: utf8("a") });
    const head = await auditHead(store);
    await vault.rotateMaster({ settings: { type: "caller" }, kek: OTHER_KEK });
    await vault.rotate("A", utf8("a2"));
    const { isIntact, fromSeq, events } = await vault.verify({ head });
    assert.deepEqual([isIntact, fromSeq, events], [true, 1, 4]);
    withRaw(path, (raw) => run(raw, "update audit set actor = 'x' where seq = 1"));
    assert.deepEqual(shortFindings(await vault.verify()), ["event-edited 1"]);
    await vault.close();
  });
});

test("an earlier master key proves nothing once it was rotated: no event, and not the vault's row", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const store = await sqliteStore(directory);
    const vault = await initVault({ store });
    await vault.create({ name: "A", value: utf8("a") });
    const readRow = () => store.read(readVaultRow);
    const before = await readRow();
    await vault.rotateMaster({ settings: { type: "caller" }, kek: OTHER_KEK });
    // Whoever has the old key and an old copy knows the old proof key, and by the anchor all chain keys.
    const { present: stolen } = await openProofKeys(holdKek(KEK, before.vaultId), before);
    const row = await readRow();
    const empty = { secretId: "", secretName: "", scope: "", context: "", note: "" };
    const digests = { previousDigest: "", stateDigest: "" };
    const fields = { seq: 4, timeMs: 1, kind: "vault.unlock", actor: "x", ...empty, ...digests };
    const mac = auditMac(row.auditKey, row.vaultId, row.auditMac, fields);
    const proof = auditProof(stolen, row.vaultId, { ...fields, mac });
    await store.write(async (writer) => {
      await writer.appendAudit({ ...fields, mac, proof });
      const auditKey = nextChainKey(row.auditKey);
      await writer.putVault({ ...row, auditSeq: 4, auditMac: mac, auditKey });
    });
    assert.deepEqual(shortFindings(await vault.verify()), ["event-forged 4"]);
    // An event of before, made anew under the old keys, does not fit the one that came after it.
    withRaw(path, (raw) => run(raw, "delete from audit where seq = 4"));
    const anchor = await openAnchor(holdKek(KEK, before.vaultId), before);
    await store.write(async (writer) => {
      await writer.putVault({ ...row });
      const [first, second, third] = await writer.auditAfter(0, 3);
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      const forged = { ...second, note: "forged" };
      const mac = auditMac(nextChainKey(anchor), row.vaultId, first.mac, forged);
      const proof = auditProof(stolen, row.vaultId, { ...forged, mac });
      await writer.removeAudit({ from: 2, through: 2 });
      await writer.removeAudit({ from: 3, through: 3 });
      await writer.appendAudit({ ...forged, mac, proof });
      await writer.appendAudit(third);
    });
    assert.deepEqual(shortFindings(await vault.verify()), ["event-forged 2"]);
    const edited = { ...row, createdAtMs: 1 };
    await store.write((writer) =>
      writer.putVault({ ...edited, descriptionMac: descriptionMac(stolen, edited) })
    );
    await assert.rejects(openVault({ store, kek: OTHER_KEK }), { code: "INTEGRITY" });
    await vault.close();
  });
});
