/**
 * A secret's whole row put back to what it once was: keys and bindings fit, but the audit knows better.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import test from "node:test";
import type { Vault } from "../../lib/vault/vault.ts";
import { withDirectory } from "../helpers/program.ts";
import { copySecret, pasteSecret } from "../helpers/raw_secret.ts";
import { run, withRaw } from "../helpers/raw_database.ts";
import { initVault, openVault, sqliteStore, utf8 } from "../helpers/vaults.ts";

const GROUP = { workspaceId: "W", groupId: "G" };

const CHANGES: readonly [string, (vault: Vault, id: string) => Promise<unknown>][] = [
  ["rotate()", (vault, id) => vault.rotate(id, utf8("a newer value"))],
  ["update()", (vault, id) => vault.update(id, { expiresAtMs: 1 })],
  ["attachGroup()", (vault, id) => vault.attachGroup(id, { ...GROUP, groupId: "H" })],
  ["detachGroup()", (vault, id) => vault.detachGroup(id, GROUP)],
  ["delete()", (vault, id) => vault.delete(id)],
];

/** Makes a secret, changes it, puts its rows back as they were before, and runs `work` on it. */
async function rolledBack(
  change: (vault: Vault, id: string) => Promise<unknown>,
  work: (vault: Vault, id: string, path: string) => Promise<void>,
  attack?: (raw: DatabaseSync) => void,
): Promise<void> {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const vault = await initVault({ store: await sqliteStore(directory) });
    const { id } = await vault.create({ name: "A", value: utf8("the old value") });
    await vault.create({ name: "WITNESS", value: utf8("unharmed") });
    await vault.attachGroup(id, GROUP);
    const old = withRaw(path, (raw) => copySecret(raw, id));
    await change(vault, id);
    await vault.close();
    withRaw(path, (raw) => {
      pasteSecret(raw, id, old);
      attack?.(raw);
    });
    const reopened = await openVault({ store: await sqliteStore(directory) });
    try {
      await work(reopened, id, path);
      if (attack !== undefined) return;
      await reopened.use("WITNESS", {}, (value) => assert.deepEqual(value, utf8("unharmed")));
    } finally {
      await reopened.close();
    }
  });
}

for (const [name, change] of CHANGES) {
  test(`a secret that was put back to before ${name} is not shown, used or changed`, async () => {
    await rolledBack(change, async (vault, id) => {
      const refused = { code: "INTEGRITY", message: /not the one that the audit records/ };
      const others = CHANGES.filter(([other]) => other !== "delete()");
      for (const [other, attempt] of others) {
        await assert.rejects(attempt(vault, id), refused, other);
      }
      await assert.rejects(vault.use(id, {}, () => {}), refused);
      await assert.rejects(vault.show(id), refused);
      await assert.rejects(vault.use("A", GROUP, () => {}), refused);
      await assert.rejects(vault.delete("A"), refused);
      const [newest] = await vault.audit({ limit: 1 });
      assert.deepEqual([newest?.kind, newest?.note], ["secret.use.failed", "integrity"]);
      // By its id it can be removed, and its name is free again.
      await vault.delete(id);
      await vault.create({ name: "A", value: utf8("anew") });
      await vault.use("A", {}, (value) => assert.deepEqual(value, utf8("anew")));
    });
  });
}

test("a secret that was put back is refused even if an event that says so is forged or edited", async () => {
  const change = CHANGES[0]?.[1] ?? (() => Promise.resolve());
  const forgeries: ((raw: DatabaseSync) => void)[] = [
    // The state digest of the old state, in an event of today.
    (raw) => {
      run(
        raw,
        `update audit set state_digest = (select state_digest from audit where seq = 4)
          where seq = (select max(seq) from audit)`,
      );
    },
    // An old event, genuine but for its place.
    (raw) => void run(raw, "update audit set seq = 99 where seq = 4"),
    // An event of another secret.
    (raw) => {
      run(
        raw,
        `update audit set secret_id = (select secret_id from audit where seq = 2)
          where secret_name = 'WITNESS'`,
      );
    },
  ];
  for (const forge of forgeries) {
    await rolledBack(change, async (vault, id) => {
      await assert.rejects(vault.use(id, {}, () => {}), { code: "INTEGRITY" });
      await assert.rejects(vault.rotate(id, utf8("x")), { code: "INTEGRITY" });
    }, forge);
  }
});

test("a secret that was put back is used if the newer events about it were removed too, and verify() names both", async () => {
  const remove = (raw: DatabaseSync) => void run(raw, "delete from audit where seq > 4");
  const change = (vault: Vault, id: string) => vault.rotate(id, utf8("a newer value"));
  await rolledBack(change, async (vault, id) => {
    await vault.use(id, {}, (value) => assert.deepEqual(value, utf8("the old value")));
    const { findings } = await vault.verify();
    assert.ok(findings.some(({ kind, seq }) => kind === "event-missing" && seq === 5));
  }, remove);
});

test("a name that was taken from its secret leads to the next secret of that name, and verify() names the first", async () => {
  await withDirectory(async (directory) => {
    const vault = await initVault({ store: await sqliteStore(directory) });
    const scope = { kind: "workspace", workspaceId: "W" } as const;
    const { id } = await vault.create({ name: "KEY", value: utf8("of the workspace"), scope });
    await vault.create({ name: "KEY", value: utf8("of all") });
    withRaw(
      join(directory, "vault.db"),
      (raw) => run(raw, "delete from secret_names where secret_id = ?", id),
    );
    const context = { workspaceId: "W" };
    await vault.use("KEY", context, (value) => assert.deepEqual(value, utf8("of all")));
    await assert.rejects(vault.use(id, context, () => {}), { code: "INTEGRITY" });
    const { findings } = await vault.verify();
    assert.deepEqual(findings.map(({ secretId }) => secretId), [id]);
    await vault.close();
  });
});

test("a secret copied in from another vault of the same key is not used", async () => {
  await withDirectory(async (elsewhere) => {
    const source = await initVault({ store: await sqliteStore(elsewhere) });
    const { id } = await source.create({ name: "C", value: utf8("from elsewhere") });
    await source.close();
    const moved = withRaw(join(elsewhere, "vault.db"), (raw) => copySecret(raw, id));
    await withDirectory(async (directory) => {
      const vault = await initVault({ store: await sqliteStore(directory) });
      withRaw(join(directory, "vault.db"), (raw) => pasteSecret(raw, id, moved));
      await assert.rejects(vault.use("C", {}, () => {}), { code: "INTEGRITY" });
      await vault.close();
    });
  });
});

test("show() refuses a secret whose newest use was edited, and names its event", async () => {
  await withDirectory(async (directory) => {
    const vault = await initVault({ store: await sqliteStore(directory) });
    const { id } = await vault.create({ name: "A", value: utf8("a") });
    await vault.use(id, {}, () => {});
    await vault.rotate(id, utf8("b"));
    const [, use] = await vault.audit();
    assert.equal(use?.kind, "secret.use");
    assert.equal((await vault.show(id)).lastUsedAtMs, use.timeMs);
    withRaw(
      join(directory, "vault.db"),
      (raw) => run(raw, "update audit set time_ms = time_ms + 1 where kind = 'secret.use'"),
    );
    await assert.rejects(vault.show(id), {
      code: "INTEGRITY",
      message: /event 3, the last use of/,
    });
    // What may be done with it hangs on its state, not on its uses.
    await vault.use(id, {}, (value) => assert.deepEqual(value, utf8("b")));
    await vault.close();
  });
});
