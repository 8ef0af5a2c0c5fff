/**
 * The scope in which a name is looked up: it is read as the one that a secret is created in.
 */
import assert from "node:assert/strict";
import test from "node:test";
import type { Vault } from "../../lib/vault/vault.ts";
import { collect, initVault, STORE_KINDS, utf8 } from "../helpers/vaults.ts";

async function withVault(work: (vault: Vault) => Promise<void>): Promise<void> {
  for (const { withStore } of STORE_KINDS) {
    await withStore(async (store) => await work(await initVault({ store })));
  }
}

test("the ids of a scope are found however their characters are composed", async () => {
  const as = (form: "NFC" | "NFD") => "Café".normalize(form);
  const scope = (form: "NFC" | "NFD") => ({ kind: "workspace", workspaceId: as(form) }) as const;
  await withVault(async (vault) => {
    const { id } = await vault.create({ name: as("NFD"), value: utf8("v"), scope: scope("NFD") });
    for (const form of ["NFC", "NFD"] as const) {
      const options = { scope: scope(form) };
      const group = { workspaceId: as(form), groupId: as(form) };
      assert.equal((await vault.show(as(form), options)).id, id);
      assert.deepEqual((await collect(vault.list(options))).map((secret) => secret.id), [id]);
      assert.equal((await vault.update(as(form), { aliases: [form] }, options)).id, id);
      assert.equal((await vault.rotate(as(form), utf8("w"), options)).id, id);
      assert.equal((await vault.attachGroup(form, group, options)).attachedGroups.length, 1);
      assert.equal((await vault.detachGroup(form, group, options)).attachedGroups.length, 0);
    }
    assert.equal((await vault.delete(as("NFD"), { scope: scope("NFD") })).id, id);
  });
});

test("a scope whose ids cannot be is refused, and not taken for an empty one", async () => {
  await withVault(async (vault) => {
    for (const workspaceId of ["", " W", "W\n"]) {
      const options = { scope: { kind: "workspace", workspaceId } } as const;
      const refused = { code: "INVALID_INPUT" };
      await assert.rejects(vault.show("N", options), refused);
      await assert.rejects(vault.delete("N", options), refused);
      await assert.rejects(collect(vault.list(options)), refused);
    }
  });
});
