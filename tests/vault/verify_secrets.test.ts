/**
 * Vault.verify() and the secrets: each attack by its name, on the raw database, and what is said about it.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { finds } from "../helpers/past.ts";
import { withDirectory } from "../helpers/program.ts";
import { row, run, type SqlRow, type SqlValue, withRaw } from "../helpers/raw_database.ts";
import { copySecret, cutSecret, pasteSecret } from "../helpers/raw_secret.ts";
import { initVault, sqliteStore, utf8 } from "../helpers/vaults.ts";

test("verify() names a secret that was edited, deleted, added or put back, behind the vault's back", async () => {
  await finds(
    (raw, { a }) => void run(raw, "update secrets set expires_at_ms = 5 where id = ?", a),
    "secret-changed A",
  );
  await finds(
    (raw, { b }) => void run(raw, "delete from attached_groups where secret_id = ?", b),
    "secret-changed B",
  );
  await finds((raw, { a }) => cutSecret(raw, a), "secret-deleted A");
  await finds((raw, { a, b }) => {
    cutSecret(raw, a);
    cutSecret(raw, b);
  }, ...["secret-deleted A", "secret-deleted B"]);
  await finds((raw, { a }) => {
    const sql = "update secret_values set sealed_value = zeroblob(42) where secret_id = ?";
    run(raw, sql, a);
  }, "secret-changed A");
  await finds(
    (raw, { a }) => void run(raw, "delete from secret_values where secret_id = ?", a),
    "secret-damaged A",
  );
  await finds(
    (raw, { a }) => void run(raw, "update secrets set wrapped_dek = zeroblob(72) where id = ?", a),
    "secret-damaged A",
  );
  await finds(
    (raw, { a }) => void run(raw, "update secrets set kek_id = 'x' where id = ?", a),
    "secret-damaged A",
  );
  await finds(
    (raw, { a }) => void run(raw, "delete from secret_names where secret_id = ?", a),
    "secret-damaged A",
  );
  const id = "ffffffff-0000-4000-8000-000000000000";
  await finds((raw, { a }) => {
    const copy = copySecret(raw, a).map(([table, found]) => {
      const renamed = found.map((values): SqlRow => {
        const next: Record<string, SqlValue> = { ...values };
        for (const key of ["id", "secret_id"]) if (key in next) next[key] = id;
        if ("name" in next) next["name"] = "FROM ELSEWHERE";
        return next;
      });
      return [table, renamed] as const;
    });
    pasteSecret(raw, id, copy);
  }, "secret-added FROM ELSEWHERE");
});

test("verify() finds rows that belong to no secret, and names of a scope that is not their secret's", async () => {
  for (
    const sql of [
      "insert into secret_names values ('workspace', 'W', '', 'A', 0, ?)",
      "insert into secret_names values ('global', '', '', 'X', 0, '0' || ?)",
      "insert into attached_groups values ('0' || ?, 'W', 'G')",
      "insert into secret_values values ('0' || ?, x'00')",
    ]
  ) {
    await finds((raw, { a }) => void run(raw, sql, a), "store-disorder null");
  }
});

test("verify() says to which event a secret was put back, and by which it had been deleted", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const vault = await initVault({ store: await sqliteStore(directory) });
    const { id } = await vault.create({ name: "A", value: utf8("a1") });
    const first = withRaw(path, (raw) => copySecret(raw, id));
    await vault.rotate("A", utf8("a2"));
    await vault.update("A", { name: "RENAMED" });
    withRaw(path, (raw) => pasteSecret(raw, id, first));
    const [finding, ...others] = (await vault.verify()).findings;
    assert.deepEqual(others, []);
    assert.deepEqual(finding, {
      kind: "secret-rolled-back",
      seq: 4,
      throughSeq: null,
      secretId: id,
      secretName: "A",
      problem: "it was put back to its state of event 2",
    });
    await vault.delete(id);
    assert.equal((await vault.verify()).isIntact, true);
    withRaw(path, (raw) => pasteSecret(raw, id, first));
    const [added] = (await vault.verify()).findings;
    assert.equal(added?.kind, "secret-added");
    assert.equal(added?.problem, "it was deleted by event 5, and put back");
    await vault.close();
  });
});

test("verify() finds a secret that was put back while its newer events were taken away, and changed then", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const vault = await initVault({ store: await sqliteStore(directory) });
    const { id } = await vault.create({ name: "A", value: utf8("a1") });
    const first = withRaw(path, (raw) => copySecret(raw, id));
    await vault.rotate("A", utf8("a2"));
    const taken = withRaw(path, (raw) => {
      const event = row(raw, "select * from audit where seq = 3");
      run(raw, "delete from audit where seq = 3");
      pasteSecret(raw, id, first);
      return event;
    });
    // The owner changes what he takes for his secret, and then the event is put back.
    await vault.update("A", { expiresAtMs: 9e12 });
    withRaw(path, (raw) => {
      const values = Object.values(taken);
      run(raw, `insert into audit values (${values.map(() => "?").join(", ")})`, ...values);
    });
    const { findings } = await vault.verify();
    assert.deepEqual(findings.map(({ kind, seq }) => [kind, seq]), [["secret-history", 4]]);
    await vault.close();
  });
});
