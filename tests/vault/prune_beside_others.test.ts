/**
 * Vault.pruneAudit() while others are at work on the vault: it verifies beside them, and removes only what it has verified.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import test from "node:test";
import type { Vault } from "../../lib/vault/vault.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { interceptedStore } from "../helpers/intercepted_store.ts";
import { withDirectory } from "../helpers/program.ts";
import { run, withRaw } from "../helpers/raw_database.ts";
import { initVault, openVault, OTHER_KEK, sqliteStore, utf8 } from "../helpers/vaults.ts";
import { shortFindings } from "../helpers/verified.ts";

const ALL = Number.MAX_SAFE_INTEGER;

interface Scene {
  /** The vault that is pruned. */
  readonly vault: Vault;
  /** The same one, as another process has it open that waits for nobody. */
  readonly other: Vault;
  readonly path: string;
  /** Does `work` in the middle of the prune's next verification. */
  meanwhile(work: () => Promise<void>): void;
}

/** Five events: A is made, changed and used, and there is a lock. */
async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const made = await initVault({ store: await sqliteStore(directory) });
    await made.create({ name: "A", value: utf8("a1") });
    await made.rotate("A", utf8("a2"));
    await made.use("A", {}, () => {});
    await made.recordLock("vault.lock");
    await made.close();
    const path = join(directory, "vault.db");
    let waiting: (() => Promise<void>) | undefined;
    const store = interceptedStore(await sqliteStore(directory), {
      async onRead(method) {
        const next = method === "countParts" ? waiting : undefined;
        if (next !== undefined) waiting = undefined;
        await next?.();
      },
    });
    const vault = await openVault({ store });
    const other = await openVault({ store: await SqliteStore.open({ path, busyTimeoutMs: 0 }) });
    const meanwhile = (work: () => Promise<void>): void => void (waiting = work);
    await work({ vault, other, path, meanwhile });
    assert.equal(waiting, undefined, "it was done");
    await other.close();
    await vault.close();
  });
}

const seqs = async (vault: Vault): Promise<number[]> =>
  (await vault.audit()).map(({ seq }) => seq).reverse();

test("pruneAudit() keeps no writer waiting while it verifies, and keeps what was written", async () => {
  await withScene(async ({ vault, other, meanwhile }) => {
    meanwhile(async () => {
      await other.create({ name: "B", value: utf8("b1") });
      await other.use("A", {}, () => {});
      await other.rotate("A", utf8("a3"));
    });
    const { removed, kept, throughSeq } = await vault.pruneAudit(ALL);
    // What came meanwhile is younger than what was verified: it stays.
    assert.deepEqual([removed, kept, throughSeq], [4, 1, 5]);
    assert.deepEqual(await seqs(vault), [4, 6, 7, 8, 9]);
    assert.deepEqual(shortFindings(await vault.verify()), []);
    await vault.use("A", {}, (value) => assert.deepEqual(value, utf8("a3")));
    await vault.pruneAudit(ALL);
    assert.deepEqual(shortFindings(await vault.verify()), []);
  });
});

test("pruneAudit() removes what it verified also if a secret was deleted or the key rotated meanwhile", async () => {
  await withScene(async ({ vault, other, meanwhile }) => {
    meanwhile(async () => {
      await other.delete("A");
    });
    await vault.pruneAudit(ALL);
    assert.deepEqual(shortFindings(await vault.verify()), []);
    await vault.pruneAudit(ALL);
    // Nothing of the secret is needed now.
    assert.deepEqual((await vault.audit()).map(({ kind }) => kind), ["audit.prune"]);
    assert.deepEqual(shortFindings(await vault.verify()), []);
  });
  await withScene(async ({ vault, other, path, meanwhile }) => {
    meanwhile(async () => {
      await other.rotateMaster({ settings: { type: "caller" }, kek: OTHER_KEK });
    });
    // Who keeps the key himself has the old one.
    await assert.rejects(vault.pruneAudit(ALL), { code: "KEY_STALE" });
    const renewed = await openVault({ store: await SqliteStore.open({ path }), kek: OTHER_KEK });
    assert.equal((await renewed.pruneAudit(ALL)).removed, 5);
    assert.deepEqual(shortFindings(await renewed.verify()), []);
    await renewed.close();
  });
});

test("pruneAudit() looks again when another prune came between", async () => {
  await withScene(async ({ vault, other, meanwhile }) => {
    meanwhile(async () => {
      await other.pruneAudit(ALL);
      await other.recordLock("vault.lock");
    });
    const { removed, throughSeq } = await vault.pruneAudit(ALL);
    // The other's own event, and the lock.
    assert.deepEqual([removed, throughSeq], [2, 7]);
    assert.deepEqual(await seqs(vault), [4, 8]);
    assert.deepEqual(shortFindings(await vault.verify()), []);
  });
});

test("pruneAudit() gives up when others prune again and again, and nothing is lost", async () => {
  await withScene(async ({ vault, other, meanwhile }) => {
    const again = async (): Promise<void> => {
      await other.recordLock("vault.lock");
      await other.pruneAudit(ALL);
      if (++count < 3) meanwhile(again);
    };
    let count = 0;
    meanwhile(again);
    await assert.rejects(vault.pruneAudit(ALL), { code: "BUSY" });
    assert.equal(count, 3);
    assert.deepEqual(shortFindings(await vault.verify()), []);
    await vault.use("A", {}, (value) => assert.deepEqual(value, utf8("a2")));
  });
});

const EDITS: readonly (readonly [string, (raw: DatabaseSync) => number])[] = [
  ["an event that goes was taken out", (raw) => run(raw, "delete from audit where seq = 3")],
  ["one was added", (raw) => run(raw, addition("0"))],
  [
    "a kept one was replaced",
    (raw) => run(raw, "update audit set mac = zeroblob(32) where seq = 4"),
  ],
  ["a kept one was taken out", (raw) => run(raw, "delete from audit where seq = 4")],
  [
    "the newest one was replaced",
    (raw) => run(raw, "update audit set mac = zeroblob(32) where seq = 5"),
  ],
];

function addition(seq: string): string {
  return `insert into audit select ${seq}, time_ms, kind, actor, secret_id, secret_name, scope, context, note,
    previous_digest, state_digest, mac, proof from audit where seq = 1`;
}

for (const [what, edit] of EDITS) {
  test(`pruneAudit() removes nothing if, since it verified, ${what}`, async () => {
    await withScene(async ({ vault, path, meanwhile }) => {
      meanwhile(() => {
        assert.equal(withRaw(path, edit), 1);
        return Promise.resolve();
      });
      const refused = { code: "INTEGRITY", message: /does not verify/ };
      await assert.rejects(vault.pruneAudit(ALL), refused);
      const left = withRaw(path, (raw) => raw.prepare("select seq, kind from audit").all());
      assert.ok(left.length >= 4);
      assert.ok(!left.some(({ kind }) => kind === "audit.prune"));
    });
  });
}
