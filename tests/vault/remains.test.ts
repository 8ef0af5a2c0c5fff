/** A store that has lost the vault's own row, but not what belongs to the vault. */
import assert from "node:assert/strict";
import test from "node:test";
import { Vault } from "../../lib/vault/vault.ts";
import { vaultInfo } from "../../lib/vault/vault_info.ts";
import { auditRow, record, sealed } from "../contract/store_records.ts";
import { contentOf, initVault, KEK, STORE_KINDS } from "../helpers/vaults.ts";

for (const { name, withStore } of STORE_KINDS) {
  test(`Vault.init() and Vault.open() in a ${name} refuse what is left of a vault, changing nothing`, async () => {
    for (const what of ["event", "secret"]) {
      await withStore(async (store) => {
        await store.write(async (writer) => {
          if (what === "event") await writer.appendAudit(auditRow(7));
          else await writer.insertSecret(record(1), sealed(1));
        });
        const before = await contentOf(store);
        const error = { code: "INTEGRITY", problem: "its description is gone" };
        await assert.rejects(initVault({ store }), error);
        await assert.rejects(Vault.open({ store, kek: KEK }), error);
        await assert.rejects(vaultInfo(store), error);
        assert.deepEqual(await contentOf(store), before);
      });
    }
  });
}
