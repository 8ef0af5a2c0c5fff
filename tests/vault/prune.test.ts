/**
 * Vault.pruneAudit(): old events go, what secrets need stays, and what is left is held to account.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import test from "node:test";
import { auditHead } from "../../lib/vault/audit/audit_head.ts";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { Store } from "../../lib/vault/store.ts";
import type { Vault } from "../../lib/vault/vault.ts";
import { withDirectory } from "../helpers/program.ts";
import { row, run, type SqlRow, withRaw } from "../helpers/raw_database.ts";
import { copySecret, pasteSecret } from "../helpers/raw_secret.ts";
import {
  contentOf,
  initVault,
  KEK,
  openVault,
  OTHER_KEK,
  sqliteStore,
  START_MS,
  STORE_KINDS,
  utf8,
} from "../helpers/vaults.ts";
import { shortFindings } from "../helpers/verified.ts";

const seqs = async (vault: Vault): Promise<number[]> =>
  (await vault.audit({ limit: 1_000 })).map(({ seq }) => seq).reverse();

/** 13 events, one a millisecond; A is used twice and changed, B is never used, C is deleted. */
async function live(store: Store): Promise<Vault> {
  const vault = await initVault({ store });
  await vault.create({ name: "A", value: utf8("a1") });
  await vault.create({ name: "B", value: utf8("b1") });
  await vault.create({ name: "C", value: utf8("c1") });
  await vault.use("A", {}, () => {});
  await vault.use("A", {}, () => {});
  await vault.update("A", { aliases: ["alias"] });
  await vault.recordLock("vault.lock");
  await vault.delete("C");
  await vault.use("A", { workspaceId: "W", groupId: "G" }, () => {}).catch(() => {});
  await vault.attachGroup("B", { workspaceId: "W", groupId: "G" });
  await vault.recordLock("vault.lock");
  await vault.rotate("B", utf8("b2"));
  assert.deepEqual((await vault.info()).auditSeq, 13);
  return vault;
}

/** The time from which event `seq` of {@linkcode live} is not old any more. */
async function before(vault: Vault, seq: number): Promise<number> {
  const found = (await vault.audit({ limit: 100 })).find((event) => event.seq === seq);
  assert.ok(found !== undefined);
  return found.timeMs;
}

for (const { name: kind, withStore } of STORE_KINDS) {
  test(`pruneAudit() of a ${kind} keeps what living secrets need, is on record, and what is left verifies`, async () => {
    await withStore(async (store) => {
      const vault = await live(store);
      const head = await auditHead(store);
      const pruned = await vault.pruneAudit(await before(vault, 10));
      // 7 is the newest of the old events about A, 6 its newest use, 3 the newest of the old ones about B.
      assert.deepEqual(await seqs(vault), [3, 6, 7, 10, 11, 12, 13, 14]);
      assert.deepEqual([pruned.removed, pruned.kept, pruned.throughSeq], [6, 3, 9]);
      assert.equal(pruned.head, await auditHead(store));
      const [event] = await vault.audit({ limit: 1 });
      assert.deepEqual([event?.kind, event?.note], ["audit.prune", "removed 6 up to event 9"]);
      const verification = await vault.verify({ head });
      assert.deepEqual(shortFindings(verification), []);
      assert.deepEqual(
        [verification.fromSeq, verification.keptEvents, verification.events],
        [10, 3, 8],
      );
      assert.equal((await vault.show("A")).lastUsedAtMs, START_MS + 5);
      await vault.use("A", {}, (value) => assert.deepEqual(value, utf8("a1")));
      await vault.use("B", {}, (value) => assert.deepEqual(value, utf8("b2")));
      assert.equal((await vault.verify()).isIntact, true);
    });
  });

  test(`pruneAudit() of a ${kind} can remove all, again and again, and secrets are still used and changed`, async () => {
    await withStore(async (store) => {
      const vault = await live(store);
      await vault.pruneAudit(Number.MAX_SAFE_INTEGER);
      assert.deepEqual(await seqs(vault), [6, 10, 13, 14]);
      assert.equal((await vault.verify()).isIntact, true);
      await vault.pruneAudit(Number.MAX_SAFE_INTEGER);
      assert.deepEqual(await seqs(vault), [6, 10, 13, 15]);
      await vault.use("B", {}, () => {});
      await vault.update("A", { aliases: [] });
      await vault.delete("B");
      assert.equal((await vault.verify()).isIntact, true);
      await vault.pruneAudit(Number.MAX_SAFE_INTEGER);
      assert.deepEqual(await seqs(vault), [6, 17, 19]);
      await vault.rotateMaster({ settings: { type: "caller" }, kek: OTHER_KEK });
      const { isIntact, keptEvents, fromSeq } = await vault.verify();
      assert.deepEqual([isIntact, keptEvents, fromSeq], [true, 2, 19]);
    });
  });

  test(`pruneAudit() of a ${kind} changes nothing if no event is old enough`, async () => {
    await withStore(async (store) => {
      const vault = await live(store);
      const content = await contentOf(store);
      const pruned = await vault.pruneAudit(START_MS);
      assert.deepEqual([pruned.removed, pruned.throughSeq], [0, 0]);
      assert.deepEqual(await contentOf(store), content);
      await vault.pruneAudit(Number.MAX_SAFE_INTEGER);
      const after = await contentOf(store);
      await vault.pruneAudit(START_MS + 5);
      assert.deepEqual(await contentOf(store), after);
    });
  });

  test(`pruneAudit() of a ${kind} removes nothing if the vault does not verify`, async () => {
    await withStore(async (store) => {
      const vault = await live(store);
      await store.write((writer) => writer.removeAudit({ from: 5, through: 5 }));
      const content = await contentOf(store);
      const refused = { code: "INTEGRITY", message: /does not verify/ };
      await assert.rejects(vault.pruneAudit(Number.MAX_SAFE_INTEGER), refused);
      assert.deepEqual(await contentOf(store), content);
    });
  });
}

test("pruneAudit() stops before the first event that is not old, also if the clock went back", async () => {
  const times = [10, 20, 90, 30, 40, 50];
  await withDirectory(async (directory) => {
    const vault = await initVault({
      store: await sqliteStore(directory),
      now: () => times.shift() ?? 99,
    });
    for (let i = 0; i < 4; i++) await vault.recordLock("vault.lock");
    const { removed, throughSeq } = await vault.pruneAudit(60);
    assert.deepEqual([removed, throughSeq], [2, 2]);
    assert.deepEqual(await seqs(vault), [3, 4, 5, 6]);
    await vault.close();
  });
});

/** A pruned vault, attacked while it is closed. */
async function attacked(
  attack: (raw: DatabaseSync, old: { events: SqlRow[]; vault: SqlRow }) => void,
  check: (vault: Vault) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const vault = await live(await sqliteStore(directory));
    const path = join(directory, "vault.db");
    const old = withRaw(path, (raw) => ({
      events: raw.prepare("select * from audit").all().map((event) => ({ ...event })),
      vault: row(raw, "select * from vault"),
    }));
    await vault.pruneAudit(Number.MAX_SAFE_INTEGER);
    await vault.close();
    withRaw(path, (raw) => attack(raw, old));
    const reopened = await openVault({ store: await sqliteStore(directory) });
    await check(reopened);
    await reopened.close();
  });
}

function putBack(raw: DatabaseSync, events: readonly SqlRow[], ...seqs: number[]): void {
  for (const event of events.filter(({ seq }) => seqs.includes(Number(seq)))) {
    const values = Object.values(event);
    run(raw, `insert into audit values (${values.map(() => "?").join(", ")})`, ...values);
  }
}

test("verify() finds events that were kept and then edited, removed, replaced or joined by others", async () => {
  const finds = (attack: Parameters<typeof attacked>[0], ...expected: string[]) =>
    attacked(attack, async (vault) => {
      assert.deepEqual(shortFindings(await vault.verify()).sort(), expected.sort());
    });
  await finds(
    (raw) => void run(raw, "update audit set note = 'x' where seq = 6"),
    "event-edited 6",
  );
  await finds((raw) => void run(raw, "delete from audit where seq = 6"), "kept-events 14");
  await finds(
    (raw) => void run(raw, "delete from audit where seq = 10"),
    ...["kept-events 14", "secret-changed A"],
  );
  await finds((raw, { events }) => putBack(raw, events, 5), "kept-events 14");
  // An older state of A, put in the place of its newest.
  await finds((raw, { events }) => {
    run(raw, "delete from audit where seq = 10");
    putBack(raw, events, 2);
  }, ...["kept-events 14", "secret-changed A"]);
});

test("verify() finds a secret put back to before a prune, and one brought back whose events are gone", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const vault = await initVault({ store: await sqliteStore(directory) });
    const { id: a } = await vault.create({ name: "A", value: utf8("a1") });
    const { id: b } = await vault.create({ name: "B", value: utf8("b1") });
    const [oldA, oldB] = withRaw(path, (raw) => [copySecret(raw, a), copySecret(raw, b)]);
    await vault.rotate("A", utf8("a2"));
    await vault.delete("B");
    await vault.pruneAudit(Number.MAX_SAFE_INTEGER);
    withRaw(path, (raw) => {
      pasteSecret(raw, a, oldA ?? []);
      pasteSecret(raw, b, oldB ?? []);
    });
    assert.deepEqual(shortFindings(await vault.verify()).sort(), [
      "secret-added B",
      "secret-changed A",
    ]);
    for (const name of ["A", "B"]) {
      await assert.rejects(vault.use(name, {}, () => {}), { code: "INTEGRITY" });
    }
    await vault.close();
  });
});

test("verify() finds a prune that was undone or made up", async () => {
  // The vault's row cannot be put back to another anchor without the key of its proofs, but all of it can.
  await attacked((raw, { events, vault }) => {
    run(raw, "delete from audit");
    putBack(raw, events, ...events.map(({ seq }) => Number(seq)));
    const columns = Object.keys(vault);
    const values = Object.values(vault);
    run(raw, `update vault set ${columns.map((name) => `${name} = ?`).join(", ")}`, ...values);
  }, async (vault) => {
    // That is the whole vault put back, which only a noted head finds.
    assert.equal((await vault.verify()).isIntact, true);
  });
  await attacked((raw, { vault }) => {
    // The end is put back to before the prune, the anchor is not.
    run(raw, "delete from audit where seq = 14");
    const { audit_seq = null, audit_mac = null, audit_key = null } = vault;
    const set = "update vault set audit_seq = ?, audit_mac = ?, audit_key = ?";
    run(raw, set, audit_seq, audit_mac, audit_key);
  }, async (vault) => {
    assert.deepEqual(shortFindings(await vault.verify()), ["anchor-unexplained 14"]);
  });
});

test("verify({ head }) says so if the noted event was pruned, and still knows the newest that was", async () => {
  await withDirectory(async (directory) => {
    const store = await sqliteStore(directory);
    const vault = await initVault({ store });
    const heads: string[] = [];
    for (let i = 0; i < 3; i++) {
      heads.push(await auditHead(store));
      await vault.recordLock("vault.lock");
    }
    const newest = await auditHead(store);
    await vault.pruneAudit(Number.MAX_SAFE_INTEGER);
    for (const [i, head] of heads.entries()) {
      assert.deepEqual(shortFindings(await vault.verify({ head })), [`head-pruned ${i + 1}`]);
    }
    assert.deepEqual(shortFindings(await vault.verify({ head: newest })), []);
    const other = `4:${"0".repeat(64)}`;
    assert.deepEqual(shortFindings(await vault.verify({ head: other })), ["head-differs 4"]);
    await vault.close();
  });
});

test("pruneAudit() keeps what tells a recovery key in force from a revoked one", async () => {
  const store = new MemoryStore();
  const vault = await initVault({ store });
  await vault.createRecoveryKey(() => {}, { kek: KEK });
  await vault.recordLock("vault.lock");
  await vault.pruneAudit(Number.MAX_SAFE_INTEGER);
  assert.deepEqual(await seqs(vault), [2, 4]);
  assert.equal((await vault.verify()).isIntact, true);
  await vault.rotateMaster({ settings: { type: "caller" }, kek: OTHER_KEK });
  await vault.revokeRecoveryKey();
  await vault.pruneAudit(Number.MAX_SAFE_INTEGER);
  assert.deepEqual((await vault.audit()).map(({ kind }) => kind), [
    "audit.prune",
    "recovery.revoke",
  ]);
  assert.equal((await vault.verify()).isIntact, true);
});

test("pruneAudit() refuses what is no time, and changes nothing", async () => {
  const store = new MemoryStore();
  const vault = await live(store);
  const content = await contentOf(store);
  for (const time of [NaN, Infinity, -Infinity, -1, 0.5, Date.parse("tomorrow")]) {
    await assert.rejects(vault.pruneAudit(time), { code: "INVALID_INPUT" }, `${time}`);
  }
  assert.deepEqual(await contentOf(store), content);
});
