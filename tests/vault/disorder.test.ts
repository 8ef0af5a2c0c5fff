/**
 * A database whose index has secrets out of their order, so that the next page of them begins anew: nothing goes
 * through it for ever.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { checkSecrets } from "../../lib/vault/secrets/check_secrets.ts";
import { holdKek } from "../../lib/vault/keys/kek.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { readVaultRow } from "../../lib/vault/vault_row.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { withDirectory } from "../helpers/program.ts";
import { makeRecoveryKey } from "../helpers/recovery.ts";
import {
  collect,
  initVault,
  KEK,
  openVault,
  OTHER_KEK,
  sqliteStore,
  utf8,
} from "../helpers/vaults.ts";

const LEAST = "00000000-0000-4000-8000-000000000000";
const SECRETS = 1_000;

/**
 * Runs `work` with the store of a vault in which the secret `at`, of a thousand, bears an id that belongs before all
 * others.
 */
async function withDisorder(
  at: number,
  work: (store: SqliteStore, recoveryKey: Uint8Array) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const vault = await initVault({ store: await sqliteStore(directory) });
    await vault.import(
      Array.from({ length: SECRETS }, (_, i) => ({ name: `N${i}`, value: utf8("v") })),
    );
    const recoveryKey = await makeRecoveryKey(vault, { kek: KEK });
    const id = (await collect(vault.list()))[at - 1]?.id;
    assert.ok(id !== undefined);
    await vault.close();
    const content = (await readFile(path)).toString("latin1");
    await writeFile(path, Buffer.from(content.replaceAll(id, LEAST), "latin1"));
    const store = await SqliteStore.open({ path });
    try {
      await work(store, recoveryKey);
    } finally {
      await store.close();
    }
  });
}

const refused = { code: "INTEGRITY", message: /its rows are out of order/ };

test("list() ends with INTEGRITY when the last secret of a page belongs before all others", async () => {
  await withDisorder(500, async (store) => {
    const vault = await openVault({ store });
    let count = 0;
    const list = async (): Promise<void> => {
      for await (const _ of vault.list()) assert.ok(++count <= 2 * SECRETS, "it begins anew");
    };
    await assert.rejects(list(), refused);
  });
});

test("checkSecrets() ends with INTEGRITY when the last secret of a page belongs before all others", async () => {
  await withDisorder(100, async (store) => {
    const check = store.read(async (reader) => {
      const row = await readVaultRow(reader);
      return await checkSecrets(reader, row, holdKek(KEK, row.vaultId), (checked) => {
        assert.ok(checked <= 2 * SECRETS, "it begins anew");
      });
    });
    await assert.rejects(check, refused);
  });
});

test("recover() ends with INTEGRITY when the last secret of a page belongs before all others", async () => {
  await withDisorder(100, async (store, recoveryKey) => {
    const next = () => Promise.resolve({ settings: { type: "caller" }, kek: OTHER_KEK.slice() });
    await assert.rejects(Vault.recover({ store, recoveryKey, next }), refused);
    // Nothing has changed.
    await (await openVault({ store })).close();
  });
});
