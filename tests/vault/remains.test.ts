/** A store that has lost the vault's own row, but not what belongs to the vault. */
import assert from "node:assert/strict";
import test from "node:test";
import { Vault } from "../../lib/vault/vault.ts";
import { vaultInfo } from "../../lib/vault/vault_info.ts";
import { contentOf, initVault, KEK, STORE_KINDS, utf8 } from "../helpers/vaults.ts";

const EVENT = {
  seq: 7,
  timeMs: 1,
  kind: "secret.create",
  actor: "test",
  secretId: "",
  secretName: "",
  scope: "",
  context: "",
  note: "",
  previousDigest: "",
  stateDigest: "",
  mac: utf8("mac"),
  proof: utf8("proof"),
};

const SECRET = {
  id: "5b0d8c56-8a3e-4a51-9d6c-0a6f5a2b7c11",
  name: "A",
  aliases: [],
  scope: { kind: "global" },
  attachedGroups: [],
  pinnedProvider: null,
  valueVersion: 1,
  createdAtMs: 1,
  updatedAtMs: 1,
  expiresAtMs: null,
  kekId: "00",
  wrappedDek: utf8("dek"),
} as const;

for (const { name, withStore } of STORE_KINDS) {
  test(`Vault.init() and Vault.open() in a ${name} refuse what is left of a vault, changing nothing`, async () => {
    for (const what of ["event", "secret"]) {
      await withStore(async (store) => {
        await store.write(async (writer) => {
          if (what === "event") await writer.appendAudit(EVENT);
          else await writer.insertSecret(SECRET, utf8("sealed"));
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
