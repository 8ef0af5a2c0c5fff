/**
 * No operation blesses an edit: it first proves that the record is as its owner left it.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import test from "node:test";
import type { Vault } from "../../lib/vault/vault.ts";
import { withDirectory } from "../helpers/program.ts";
import { row, run, withRaw } from "../helpers/raw_database.ts";
import {
  contentOf,
  initVault,
  openVault,
  OTHER_KEK,
  sqliteStore,
  utf8,
} from "../helpers/vaults.ts";

const ATTACHED = { workspaceId: "W", groupId: "attached" };
const FREE = { workspaceId: "W", groupId: "free" };

/** Edits that would give someone more than the owner did, were they taken over. */
const EDITS: readonly [string, string][] = [
  ["a group attached", "insert into attached_groups values (:id, 'W', 'evil')"],
  ["a group detached", "delete from attached_groups where secret_id = :id"],
  ["an alias added", "insert into secret_names values ('global', '', '', 'evil', 1, :id)"],
  [
    "its name changed",
    "update secret_names set name = 'evil' where secret_id = :id and is_alias = 0",
  ],
  ["its expiry removed", "update secrets set expires_at_ms = null where id = :id"],
  ["its pin removed", "update secrets set pinned_provider = null where id = :id"],
  ["its pin changed", "update secrets set pinned_provider = 'stripe' where id = :id"],
  ["its version put back", "update secrets set value_version = 1 where id = :id"],
  ["its creation moved", "update secrets set created_at_ms = 1 where id = :id"],
  [
    "its scope changed",
    "update secrets set scope_kind = 'workspace', workspace_id = 'W' where id = :id",
  ],
];

const CHANGES: readonly [string, (vault: Vault, id: string) => Promise<unknown>][] = [
  ["rotate()", (vault, id) => vault.rotate(id, utf8("new"))],
  ["update() of the name", (vault, id) => vault.update(id, { name: "OTHER" })],
  ["update() of the aliases", (vault, id) => vault.update(id, { aliases: [] })],
  ["update() of the expiry", (vault, id) => vault.update(id, { expiresAtMs: null })],
  ["update() of nothing", (vault, id) => vault.update(id, {})],
  ["attachGroup()", (vault, id) => vault.attachGroup(id, FREE)],
  ["attachGroup() of an attached one", (vault, id) => vault.attachGroup(id, ATTACHED)],
  ["detachGroup()", (vault, id) => vault.detachGroup(id, ATTACHED)],
  ["detachGroup() of a free one", (vault, id) => vault.detachGroup(id, FREE)],
  [
    "rotateMaster()",
    (vault) => vault.rotateMaster({ settings: { type: "caller" }, kek: OTHER_KEK }),
  ],
];

/** Runs `work` on a vault whose secret was edited by `edit`, and then on the secret's id. */
async function edited(
  edit: (raw: DatabaseSync, id: string) => void,
  work: (vault: Vault, id: string, content: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const vault = await initVault({ store: await sqliteStore(directory) });
    const { id } = await vault.create({
      name: "OPENAI_API_KEY",
      aliases: ["alias"],
      value: utf8("v"),
      expiresAtMs: 9e12,
    });
    await vault.create({ name: "WITNESS", value: utf8("unharmed") });
    await vault.create({ name: "SPARE", value: utf8("spare") });
    await vault.rotate(id, utf8("v2"));
    await vault.attachGroup(id, ATTACHED);
    await vault.close();
    withRaw(join(directory, "vault.db"), (raw) => edit(raw, id));
    const store = await sqliteStore(directory);
    const reopened = await openVault({ store });
    try {
      await work(reopened, id, () => contentOf(store));
      await reopened.use("WITNESS", {}, (value) => assert.deepEqual(value, utf8("unharmed")));
    } finally {
      await reopened.close();
    }
  });
}

for (const [which, sql] of EDITS) {
  test(`every change of a secret that had ${which} is refused with INTEGRITY and changes nothing`, async () => {
    await edited(
      (raw, id) => assert.equal(Number(raw.prepare(sql).run({ id }).changes), 1),
      async (vault, id, content) => {
        const before = await content();
        for (const [name, change] of CHANGES) {
          await assert.rejects(change(vault, id), { code: "INTEGRITY" }, name);
          assert.deepEqual(await content(), before, name);
        }
        // Only removing it is allowed, by its id.
        await vault.delete(id);
        await assert.rejects(vault.show(id), { code: "NOT_FOUND" });
      },
    );
  });
}

/** Flips a bit of a stored value. */
function flipValue(raw: DatabaseSync, id: string): void {
  const select = "select sealed_value as bytes from secret_values where secret_id = ?";
  const { bytes } = row(raw, select, id);
  if (!(bytes instanceof Uint8Array)) throw new TypeError("no bytes");
  bytes[30] = (bytes[30] ?? 0) ^ 1;
  run(raw, "update secret_values set sealed_value = ? where secret_id = ?", bytes, id);
}

test("update() that pins, and so seals anew, refuses a value that was edited and changes nothing", async () => {
  const flipWitness = (raw: DatabaseSync) =>
    flipValue(
      raw,
      String(row(raw, "select secret_id from secret_names where name = 'SPARE'").secret_id),
    );
  await edited(flipWitness, async (vault, _, content) => {
    const before = await content();
    const pinning = vault.update("SPARE", { name: "STRIPE_SECRET_KEY" });
    await assert.rejects(pinning, { code: "INTEGRITY" });
    assert.deepEqual(await content(), before);
  });
});

test("use() puts the failure of an edited value on record, and only removing the secret is allowed", async () => {
  await edited(flipValue, async (vault, id) => {
    const context = { workspaceId: "W", groupId: "attached" };
    await assert.rejects(vault.use(id, context, () => {}), { code: "INTEGRITY" });
    const [{ kind, secretId, context: where, note } = {}] = await vault.audit({ limit: 1 });
    assert.deepEqual([kind, secretId, where, note], [
      "secret.use.failed",
      id,
      "group W/attached",
      "integrity",
    ]);
    await assert.rejects(vault.rotate(id, utf8("new")), { code: "INTEGRITY" });
    await assert.rejects(vault.update(id, { name: "OTHER" }), { code: "INTEGRITY" });
    await vault.delete(id);
    await vault.create({ name: "OPENAI_API_KEY", value: utf8("once more") });
  });
});

test("use() puts the failure of a record that cannot be read on record, by id and by name", async () => {
  const unreadable = (raw: DatabaseSync, id: string) =>
    void run(raw, "update secrets set value_version = 0 where id = ?", id);
  await edited(unreadable, async (vault, id) => {
    for (const [ref, named] of [[id, [id, ""]], ["alias", ["", "alias"]]] as const) {
      await assert.rejects(vault.use(ref, {}, () => {}), { code: "INTEGRITY" });
      const [{ kind, secretId, secretName, context, note } = {}] = await vault.audit({ limit: 1 });
      assert.deepEqual([kind, context, note], ["secret.use.failed", "global", "integrity"]);
      assert.deepEqual([secretId, secretName], named);
    }
    // A failure is no state of the secret.
    const { findings } = await vault.verify();
    assert.deepEqual(findings.map(({ secretId }) => secretId), [id]);
  });
});

test("list() shows a record that cannot be read as damaged, and all others", async () => {
  await edited(
    (raw, id) => void run(raw, "delete from secret_names where secret_id = ?", id),
    async (vault, id) => {
      const listed = new Map<string, string>();
      for await (const secret of vault.list()) {
        listed.set(secret.id, "damaged" in secret ? secret.damaged.code : secret.name);
      }
      assert.equal(listed.get(id), "INTEGRITY");
      assert.deepEqual([...listed.values()].sort(), ["INTEGRITY", "SPARE", "WITNESS"]);
      await vault.delete(id);
      const [newest] = await vault.audit({ limit: 1 });
      assert.deepEqual([newest?.kind, newest?.secretId, newest?.note], [
        "secret.delete",
        id,
        "damaged",
      ]);
    },
  );
});
