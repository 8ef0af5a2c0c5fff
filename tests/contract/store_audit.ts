/**
 * The store contract, part four: audit rows in their order, by secret, and removed.
 *
 * @module
 */
import assert from "node:assert/strict";
import test from "node:test";
import type { AuditRow } from "../../lib/vault/audit/audit.ts";
import type { StatePlace, Store } from "../../lib/vault/store.ts";
import { auditRow, idOf, once, type WithStore } from "./store_records.ts";

/** An audit row of the secret number `n`, which leaves it in the state `digest`. */
function stateRow(seq: number, n: number, digest: string): AuditRow {
  return auditRow(seq, { secretId: idOf(n), secretName: `name ${n}`, stateDigest: digest });
}

const ROWS: readonly AuditRow[] = [
  auditRow(1),
  stateRow(2, 7, "a"),
  stateRow(3, 1, "b"),
  stateRow(4, 7, ""),
  stateRow(5, 7, "c"),
  auditRow(6, { stateDigest: "of no secret" }),
  stateRow(7, 3, "d"),
  stateRow(8, 1, "e"),
  stateRow(9, 1, ""),
];

async function filled(store: Store): Promise<void> {
  await once(store, async (writer) => {
    for (const row of ROWS) await writer.appendAudit(row);
  });
}

const seqsOf = (rows: readonly AuditRow[]): number[] => rows.map(({ seq }) => seq);

/** The part of the store contract that is about the audit. */
export function auditContract(name: string, withStore: WithStore): void {
  test(`${name}.auditAfter() pages through all rows, oldest first, with every field`, async () => {
    await withStore(async (store) => {
      assert.deepEqual(await store.read((reader) => reader.auditAfter(-Infinity, 9)), []);
      await filled(store);
      assert.deepEqual(await store.read((reader) => reader.auditAfter(-Infinity, 99)), ROWS);
      for (let limit = 1; limit <= ROWS.length + 1; limit++) {
        const seen: AuditRow[] = [];
        while (true) {
          const after = seen.at(-1)?.seq ?? 0;
          const page = await store.read((reader) => reader.auditAfter(after, limit));
          assert.ok(page.length <= limit);
          seen.push(...page);
          if (page.length < limit) break;
        }
        assert.deepEqual(seen, ROWS);
      }
      assert.deepEqual(seqsOf(await store.read((reader) => reader.auditAfter(6, 2))), [7, 8]);
      assert.deepEqual(await store.read((reader) => reader.auditAfter(9, 2)), []);
    });
  });

  test(`${name}.states() pages through the states of secrets, by id and then by seq`, async () => {
    await withStore(async (store) => {
      assert.deepEqual(await store.read((reader) => reader.states(undefined, 9)), []);
      await filled(store);
      const sorted = [3, 8, 7, 2, 5];
      for (let limit = 1; limit <= sorted.length + 1; limit++) {
        const seen: AuditRow[] = [];
        while (true) {
          const after: StatePlace | undefined = seen.at(-1);
          const page = await store.read((reader) => reader.states(after, limit));
          assert.ok(page.length <= limit);
          seen.push(...page);
          if (page.length < limit) break;
        }
        assert.deepEqual(seqsOf(seen), sorted);
        assert.deepEqual(seen, sorted.map((seq) => ROWS[seq - 1]));
      }
      const after = { secretId: idOf(2), seq: 99 };
      assert.deepEqual(seqsOf(await store.read((reader) => reader.states(after, 2))), [7, 2]);
    });
  });

  test(`${name}.states() takes secret ids in the order of their UTF-8 bytes`, async () => {
    // In UTF-16, U+1F511 begins with a smaller unit than U+FFFD.
    const ids = ["a", "é", "\uFFFD", "\u{1F511}"];
    await withStore(async (store) => {
      await once(store, async (writer) => {
        for (const [i, secretId] of ids.toReversed().entries()) {
          await writer.appendAudit(auditRow(i + 1, { secretId, stateDigest: "x" }));
        }
      });
      const rows = await store.read((reader) => reader.states(undefined, 9));
      assert.deepEqual(rows.map(({ secretId }) => secretId), ids);
      const after = { secretId: "\uFFFD", seq: 99 };
      const [next] = await store.read((reader) => reader.states(after, 9));
      assert.equal(next?.secretId, "\u{1F511}");
    });
  });

  test(`${name}.lastState() gives the newest row of a secret that has a state`, async () => {
    await withStore(async (store) => {
      await filled(store);
      await store.read(async (reader) => {
        assert.deepEqual(await reader.lastState(idOf(7)), ROWS[4]);
        assert.deepEqual(await reader.lastState(idOf(1)), ROWS[7]);
        assert.equal(await reader.lastState(idOf(2)), undefined);
      });
    });
  });

  test(`${name}.removeAudit() removes many rows but for some, and gives how many`, async () => {
    await withStore(async (store) => {
      await filled(store);
      const removed = await store.write(async (writer) => {
        const none = await writer.removeAudit({ from: 10, through: Infinity });
        const some = await writer.removeAudit({ from: -Infinity, through: 6, except: [5, 2, 99] });
        return [none, some, await writer.removeAudit({ from: 8, through: 8, except: [8] })];
      });
      assert.deepEqual(removed, [0, 4, 0]);
      assert.deepEqual(
        await store.read((reader) => reader.auditAfter(-Infinity, 99)),
        ROWS.filter(({ seq }) => [2, 5, 7, 8, 9].includes(seq)),
      );
    });
  });

  test(`${name}.removeAudit() removes one row, wherever it stands, and undoes it`, async () => {
    class Injected extends Error {}
    await withStore(async (store) => {
      await filled(store);
      const failing = store.write(async (writer) => {
        for (const seq of [5, 1, 9]) await writer.removeAudit({ from: seq, through: seq });
        await writer.appendAudit(auditRow(10));
        await writer.removeAudit({ from: 7, through: 7 });
        throw new Injected();
      });
      await assert.rejects(failing, Injected);
      assert.deepEqual(await store.read((reader) => reader.auditAfter(0, 99)), ROWS);
      assert.equal((await store.read((reader) => reader.lastState(idOf(7))))?.seq, 5);
      await once(store, async (writer) => {
        for (const seq of [5, 1, 77]) await writer.removeAudit({ from: seq, through: seq });
      });
      await store.read(async (reader) => {
        assert.deepEqual(seqsOf(await reader.auditAfter(0, 99)), [2, 3, 4, 6, 7, 8, 9]);
        assert.deepEqual(seqsOf(await reader.audit({ limit: 2 })), [9, 8]);
        assert.deepEqual(seqsOf(await reader.states(undefined, 9)), [3, 8, 7, 2]);
        assert.equal((await reader.lastState(idOf(7)))?.seq, 2);
      });
    });
  });
}
