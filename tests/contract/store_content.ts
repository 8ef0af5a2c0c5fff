/**
 * The store contract, part two: what is kept, and how it is found.
 *
 * @module
 */
import assert from "node:assert/strict";
import test from "node:test";
import type { Scope } from "../../lib/vault/secrets/scope.ts";
import type { SecretRecord } from "../../lib/vault/secrets/secret.ts";
import { contentOf } from "../helpers/vaults.ts";
import {
  addSecrets,
  auditRow,
  idOf,
  once,
  record,
  rowOf,
  sealed,
  vaultRow,
  type WithStore,
} from "./store_records.ts";

const W1: Scope = { kind: "workspace", workspaceId: "W1" };
const W2: Scope = { kind: "workspace", workspaceId: "W2" };
const G1: Scope = { kind: "group", workspaceId: "W1", groupId: "G1" };
const GLOBAL: Scope = { kind: "global" };

/** Texts that a store may get wrong: quotes, wild cards, characters beyond 16 bits, look-alikes. */
const ODD_TEXTS = [
  'it\'s "quoted" `back` \\ slash',
  "100% _under_ *star* [x] ?",
  "👩‍👩‍👧‍👦 🔑",
  "Ünïcödé \u{1F1E9}\u{1F1EA}",
  "ｆｕｌｌ ｗｉｄｔｈ",
  "null",
  "0",
  "1e3",
  "'; drop table secrets; --",
  '["json"]',
  "\u{10FFFF}",
  "\uFEFFbom",
  "x".repeat(255),
];

/** The part of the store contract that is about content. */
export function contentContract(name: string, withStore: WithStore): void {
  test(`${name} is empty at first`, async () => {
    await withStore(async (store) => {
      await store.read(async (reader) => {
        assert.equal(await reader.vault(), undefined);
        assert.equal(await reader.secret(idOf(1)), undefined);
        assert.equal(await reader.sealedValue(idOf(1)), undefined);
        assert.equal(await reader.findByName(GLOBAL, "name 1"), undefined);
        assert.deepEqual(await reader.findAttached("W", "G", "name 1"), []);
        assert.deepEqual(await reader.secrets(undefined, 10), []);
        assert.equal(await reader.countSecrets(), 0);
        assert.equal(await reader.countParts(), 0);
        assert.deepEqual(await reader.audit({ limit: 10 }), []);
        assert.equal(await reader.lastAudit(idOf(1), "secret.use"), undefined);
        assert.equal(await reader.newestAudit(["secret.use"]), undefined);
        assert.equal(await reader.lastState(idOf(1)), undefined);
      });
    });
  });

  test(`${name} gives back every field of a vault's row, and replaces it`, async () => {
    await withStore(async (store) => {
      const recovery = { createdAtMs: 7, publicKey: "a", sealedKek: "b", proof: "c" };
      const rotation = { from: { type: "a" }, to: { type: "b", deep: [{}] }, toKekId: "c" };
      for (
        const row of [vaultRow(), vaultRow({ rotation, retiredKekIds: [], recovery, auditSeq: 7 })]
      ) {
        await once(store, (writer) => writer.putVault(row));
        assert.deepEqual({ ...await store.read((reader) => reader.vault()) }, row);
      }
    });
  });

  test(`${name} gives back every field of a secret`, async () => {
    const full = record(1, {
      aliases: ["a", "b"],
      scope: G1,
      attachedGroups: [{ workspaceId: "W1", groupId: "G2" }, { workspaceId: "W2", groupId: "G1" }],
      pinnedProvider: "openai",
      valueVersion: 17,
      createdAtMs: 0,
      updatedAtMs: Number.MAX_SAFE_INTEGER,
      expiresAtMs: 4_000_000_000_000,
    });
    await withStore(async (store) => {
      for (const secret of [full, record(2), record(3, { scope: W1, expiresAtMs: 0 })]) {
        await once(store, (writer) => writer.insertSecret(secret, sealed(1)));
        const found = await store.read((reader) => reader.secret(secret.id));
        assert.deepEqual(found, rowOf(secret));
      }
    });
  });

  test(`${name} keeps bytes as they are: every value, any length up to 1 MiB`, async () => {
    await withStore(async (store) => {
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const large = Uint8Array.from({ length: 1_048_576 + 40 }, (_, i) => i * 31);
      for (const [n, bytes] of [[1, all], [2, large], [3, new Uint8Array([0])]] as const) {
        const secret = record(n, { wrappedDek: bytes.slice(0, 300) });
        await once(store, (writer) => writer.insertSecret(secret, bytes));
        const value = await store.read((reader) => reader.sealedValue(secret.id));
        assert.ok(value instanceof Uint8Array);
        assert.deepEqual(new Uint8Array(value), bytes);
        const row = await store.read((reader) => reader.secret(secret.id));
        assert.deepEqual(row?.wrappedDek, secret.wrappedDek);
      }
    });
  });

  test(`${name} keeps and finds texts of every kind`, async () => {
    await withStore(async (store) => {
      for (const [n, text] of ODD_TEXTS.entries()) {
        const scope: Scope = { kind: "group", workspaceId: text, groupId: text };
        const group = { workspaceId: text, groupId: `${text}!` };
        const secret = record(n, {
          name: text,
          aliases: [`${text}~`],
          scope,
          attachedGroups: [group],
        });
        await once(store, async (writer) => {
          await writer.insertSecret(secret, sealed(n));
          await writer.appendAudit(
            auditRow(n + 1, { note: text, scope: text, secretId: secret.id }),
          );
        });
        await store.read(async (reader) => {
          assert.deepEqual(await reader.secret(secret.id), rowOf(secret));
          assert.equal(await reader.findByName(scope, text), secret.id);
          assert.equal(await reader.findByName(scope, `${text}~`), secret.id);
          assert.deepEqual(await reader.findAttached(text, `${text}!`, text), [secret.id]);
          assert.deepEqual((await reader.audit({ limit: 1 }))[0]?.note, text);
        });
      }
      assert.equal(await store.read((reader) => reader.countSecrets()), ODD_TEXTS.length);
    });
  });

  test(`${name}.findByName() finds names and aliases in exactly their scope`, async () => {
    await withStore(async (store) => {
      const scopes = [GLOBAL, W1, W2, G1];
      for (const [n, scope] of scopes.entries()) {
        const secret = record(n, { name: "N", aliases: ["A"], scope });
        await once(store, (writer) => writer.insertSecret(secret, sealed(n)));
      }
      await store.read(async (reader) => {
        for (const [n, scope] of scopes.entries()) {
          assert.equal(await reader.findByName(scope, "N"), idOf(n));
          assert.equal(await reader.findByName(scope, "A"), idOf(n));
          for (const other of ["n", "N ", "", "AA", "%"]) {
            assert.equal(await reader.findByName(scope, other), undefined, other);
          }
        }
        const unknown: Scope = { kind: "workspace", workspaceId: "G1" };
        assert.equal(await reader.findByName(unknown, "N"), undefined);
      });
    });
  });

  test(`${name}.findAttached() gives the attached secrets of a name or alias, sorted by id`, async () => {
    const here = { workspaceId: "W1", groupId: "G1" };
    const there = { workspaceId: "W1", groupId: "G2" };
    const secrets: SecretRecord[] = [
      record(9, { name: "N", attachedGroups: [here, there] }),
      record(2, { name: "X", aliases: ["N"], scope: W1, attachedGroups: [here] }),
      record(5, { name: "N", scope: G1, attachedGroups: [there] }),
      record(1, { name: "N", scope: W2 }),
      record(3, { name: "M", attachedGroups: [here] }),
    ];
    await withStore(async (store) => {
      for (const secret of secrets) await once(store, (w) => w.insertSecret(secret, sealed(1)));
      await store.read(async (reader) => {
        assert.deepEqual(await reader.findAttached("W1", "G1", "N"), [idOf(2), idOf(9)]);
        assert.deepEqual(await reader.findAttached("W1", "G2", "N"), [idOf(5), idOf(9)]);
        assert.deepEqual(await reader.findAttached("W1", "G1", "X"), [idOf(2)]);
        assert.deepEqual(await reader.findAttached("W2", "G1", "N"), []);
        assert.deepEqual(await reader.findAttached("G1", "W1", "N"), []);
      });
      await once(store, (w) => w.updateSecret(record(9, { name: "N", attachedGroups: [there] })));
      const ids = await store.read((reader) => reader.findAttached("W1", "G1", "N"));
      assert.deepEqual(ids, [idOf(2)]);
    });
  });

  test(`${name}.secrets() pages through all secrets in the order of their ids`, async () => {
    await withStore(async (store) => {
      const numbers = [7, 1, 300, 12, 2, 65_536, 11];
      await addSecrets(store, ...numbers);
      const sorted = [...numbers].sort((a, b) => a - b).map(idOf);
      for (let limit = 1; limit <= numbers.length + 1; limit++) {
        const seen: string[] = [];
        while (true) {
          const page = await store.read((reader) => reader.secrets(seen.at(-1), limit));
          assert.ok(page.length <= limit);
          seen.push(...page.map(({ id }) => String(id)));
          if (page.length < limit) break;
        }
        assert.deepEqual(seen, sorted);
      }
      const after = await store.read((reader) => reader.secrets(idOf(8), 2));
      assert.deepEqual(after.map(({ id }) => id), [idOf(11), idOf(12)]);
      assert.equal(await store.read((reader) => reader.countSecrets()), numbers.length);
    });
  });

  test(`${name}.audit() gives rows newest first, older than a time, at most so many`, async () => {
    await withStore(async (store) => {
      const rows = [1, 2, 3, 4, 5].map((seq) => auditRow(seq, { kind: `kind ${seq}` }));
      await once(store, async (writer) => {
        for (const row of rows) await writer.appendAudit(row);
      });
      const seqs = async (limit: number, beforeMs?: number) =>
        (await store.read((reader) => reader.audit({ limit, beforeMs }))).map(({ seq }) => seq);
      assert.deepEqual(await store.read((reader) => reader.audit({ limit: 9 })), rows.toReversed());
      assert.deepEqual(await seqs(2), [5, 4]);
      assert.deepEqual(await seqs(9, 30), [2, 1]);
      assert.deepEqual(await seqs(1, 31), [3]);
      assert.deepEqual(await seqs(9, 10), []);
      assert.deepEqual(await seqs(9, Number.MAX_SAFE_INTEGER), [5, 4, 3, 2, 1]);
    });
  });

  test(`${name}.audit() keeps to the order of the rows when the clock went back`, async () => {
    await withStore(async (store) => {
      await once(store, async (writer) => {
        for (const [i, timeMs] of [50, 10, 90, 20].entries()) {
          await writer.appendAudit(auditRow(i + 1, { timeMs }));
        }
      });
      const rows = await store.read((reader) => reader.audit({ limit: 9, beforeMs: 60 }));
      assert.deepEqual(rows.map(({ seq }) => seq), [4, 2, 1]);
    });
  });

  test(`${name}.lastAudit() gives the newest row of a secret and kind`, async () => {
    await withStore(async (store) => {
      const of = (n: number, kind: string) => ({ secretId: idOf(n), kind });
      const fields = [of(1, "use"), of(1, "rotate"), of(2, "use"), of(1, "use"), of(2, "rotate")];
      await once(store, async (writer) => {
        for (const [i, field] of fields.entries()) await writer.appendAudit(auditRow(i + 1, field));
      });
      await store.read(async (reader) => {
        assert.deepEqual(await reader.lastAudit(idOf(1), "use"), auditRow(4, of(1, "use")));
        assert.deepEqual(await reader.lastAudit(idOf(1), "rotate"), auditRow(2, of(1, "rotate")));
        assert.deepEqual(await reader.lastAudit(idOf(2), "use"), auditRow(3, of(2, "use")));
        assert.equal(await reader.lastAudit(idOf(2), "us"), undefined);
        assert.equal(await reader.lastAudit(idOf(3), "use"), undefined);
      });
    });
  });

  test(`${name}.newestAudit() gives the newest row of any of the kinds`, async () => {
    await withStore(async (store) => {
      const rows = ["a", "b", "a", "c"].map((kind, i) => auditRow(i + 1, { kind }));
      await once(store, async (writer) => {
        for (const row of rows) await writer.appendAudit(row);
      });
      await store.read(async (reader) => {
        assert.deepEqual(await reader.newestAudit(["a"]), rows[2]);
        assert.deepEqual(await reader.newestAudit(["b", "a"]), rows[2]);
        assert.deepEqual(await reader.newestAudit(["b"]), rows[1]);
        assert.equal(await reader.newestAudit(["d"]), undefined);
        assert.equal(await reader.newestAudit([]), undefined);
      });
    });
  });

  test(`${name} keeps what it was given, whatever the caller does to it afterwards`, async () => {
    await withStore(async (store) => {
      const wrappedDek = new Uint8Array(72).fill(1);
      const value = new Uint8Array(50).fill(2);
      const auditKey = new Uint8Array(32).fill(3);
      const aliases = ["a"];
      await once(store, async (writer) => {
        await writer.insertSecret(record(1, { wrappedDek, aliases }), value);
        await writer.putVault(vaultRow({ auditKey }));
      });
      const before = await contentOf(store);
      for (const bytes of [wrappedDek, value, auditKey]) bytes.fill(0);
      aliases.push("b");
      assert.deepEqual(await contentOf(store), before);
      const given = await store.read((reader) => reader.sealedValue(idOf(1)));
      given?.fill(0);
      assert.deepEqual(await contentOf(store), before);
    });
  });
}
