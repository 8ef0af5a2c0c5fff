/**
 * The audit chain against a second implementation of it, which reads the raw rows of the database.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import type { Vault } from "../../lib/vault/vault.ts";
import { checkChain } from "../helpers/independent_chain.ts";
import { OPERATIONS, prepare } from "../helpers/operations.ts";
import { withDirectory } from "../helpers/program.ts";
import { run, type SqlValue, withRaw } from "../helpers/raw_database.ts";
import { initVault, KEK, OTHER_KEK, sqliteStore, utf8 } from "../helpers/vaults.ts";

const THIRD_KEK = new Uint8Array(32).fill(0x3c);

async function withClosedVault(
  work: (vault: Vault) => Promise<void>,
  look: (path: string) => void,
): Promise<void> {
  await withDirectory(async (directory) => {
    const vault = await initVault({ store: await sqliteStore(directory) });
    await prepare(vault);
    await work(vault);
    await vault.close();
    look(join(directory, "vault.db"));
  });
}

function rotate(vault: Vault, kek: Uint8Array) {
  return vault.rotateMaster({ settings: { type: "caller" }, kek });
}

for (const { name, run: operate } of OPERATIONS) {
  test(`the audit chain after ${name} is what a second implementation computes`, async () => {
    await withClosedVault(async (vault) => void await operate(vault), (path) => {
      const events = checkChain(path, name === "rotateMaster()" ? OTHER_KEK : KEK);
      assert.ok(events > 5, `${events} events`);
    });
  });
}

test("the audit chain goes on from its first event through rotations of the master key", async () => {
  await withClosedVault(async (vault) => {
    await rotate(vault, OTHER_KEK);
    await vault.rotate("A", utf8("a value between two rotations"));
    await rotate(vault, THIRD_KEK);
    await vault.delete("B");
    assert.equal((await vault.info()).auditSeq, 9);
  }, (path) => {
    assert.equal(checkChain(path, THIRD_KEK), 9);
    assert.throws(() => checkChain(path, KEK), /the key is the vault's/);
  });
});

const edits: readonly { what: string; sql: string; values?: SqlValue[]; found: RegExp }[] = [
  { what: "an edited event", sql: "update audit set note = 'x' where seq = 3", found: /MAC 3/ },
  { what: "a removed event", sql: "delete from audit where seq = 3", found: /event 3/ },
  {
    what: "two events in the wrong order",
    sql: `update audit set seq = 100 where seq = 4; update audit set seq = 4 where seq = 5;
      update audit set seq = 5 where seq = 100`,
    found: /MAC 4/,
  },
  {
    what: "a removed last event",
    sql: "delete from audit where seq = (select max(seq) from audit)",
    found: /last event/,
  },
  {
    what: "another key for the next event",
    sql: "update vault set audit_key = ?",
    values: [new Uint8Array(32)],
    found: /next event/,
  },
  {
    what: "a value from elsewhere",
    sql: `update secret_values set sealed_value = (select sealed_value from secret_values limit 1)`,
    found: /as their events left them/,
  },
  {
    what: "a secret deleted behind its back",
    sql: "delete from secrets where id = (select min(id) from secrets)",
    found: /as their events left them/,
  },
];

for (const { what, sql, values = [], found } of edits) {
  test(`the second implementation finds ${what}`, async () => {
    await withClosedVault(async () => {}, (path) => {
      checkChain(path, KEK);
      withRaw(path, (raw) => {
        if (values.length === 0) raw.exec(sql);
        else assert.equal(run(raw, sql, ...values), 1);
      });
      assert.throws(() => checkChain(path, KEK), found);
    });
  });
}
