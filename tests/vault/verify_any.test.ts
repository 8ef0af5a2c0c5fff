/**
 * Vault.verify(), whatever is done to the store: no single edit, removal, insertion, exchange or cut is missed.
 */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { AuditRow } from "../../lib/vault/audit/audit.ts";
import { parseSecretRow } from "../../lib/vault/secrets/secret.ts";
import type { Store, StoreWriter } from "../../lib/vault/store.ts";
import { OPERATIONS, prepare } from "../helpers/operations.ts";
import { initVault, STORE_KINDS } from "../helpers/vaults.ts";

/** What is done to a store through its own methods, so to any store. Numbers choose among what is there. */
type Attack =
  | { readonly do: "edit"; readonly at: number; readonly field: number; readonly text: string }
  | { readonly do: "remove" | "insert" | "cut" | "delete" | "put back"; readonly at: number }
  | { readonly do: "swap"; readonly at: number; readonly with: number };

const at = fc.nat(1_000);
const attack: fc.Arbitrary<Attack> = fc.oneof(
  fc.record({ do: fc.constant("edit" as const), at, field: fc.nat(9), text: fc.string() }),
  fc.record({
    do: fc.constantFrom(
      "remove" as const,
      "insert" as const,
      "cut" as const,
      "delete" as const,
      "put back" as const,
    ),
    at,
  }),
  fc.record({ do: fc.constant("swap" as const), at, with: at }),
);

const TEXTS = [
  "kind",
  "actor",
  "secretId",
  "secretName",
  "scope",
  "context",
  "note",
  "previousDigest",
  "stateDigest",
] as const;

async function rewrite(writer: StoreWriter, next: readonly AuditRow[]): Promise<void> {
  await writer.removeAudit({ from: -Infinity, through: Infinity });
  for (const row of next) await writer.appendAudit(row);
}

/** Does it; `false` if it changes nothing. */
async function strike(writer: StoreWriter, attack: Attack, old: Snapshot): Promise<boolean> {
  const events = await writer.auditAfter(-Infinity, 10_000);
  const pick = <T>(list: readonly T[], n: number): T => {
    const item = list[n % list.length];
    if (item === undefined) throw new RangeError("nothing to choose from");
    return item;
  };
  const target = pick(events, attack.at);
  const others = events.filter(({ seq }) => seq !== target.seq);
  switch (attack.do) {
    case "edit": {
      const field = attack.field === 9 ? "timeMs" : pick(TEXTS, attack.field);
      const next = field === "timeMs"
        ? { ...target, timeMs: target.timeMs + 1 }
        : { ...target, [field]: attack.text };
      await rewrite(writer, events.map((row) => row === target ? next : row));
      return field === "timeMs" || target[field] !== attack.text;
    }
    case "remove":
      await writer.removeAudit({ from: target.seq, through: target.seq });
      return true;
    case "insert": {
      const shifted = events.map((row) =>
        row.seq > target.seq ? { ...row, seq: row.seq + 1 } : row
      );
      const copy = { ...target, seq: target.seq + 1 };
      await rewrite(writer, [...shifted, copy].sort((a, b) => a.seq - b.seq));
      return true;
    }
    case "cut":
      await rewrite(writer, events.filter(({ seq }) => seq < target.seq));
      return true;
    case "swap": {
      if (others.length === 0) return false;
      const other = pick(others, attack.with);
      const swapped = events.map((row) =>
        row === target
          ? { ...other, seq: target.seq }
          : row === other
          ? { ...target, seq: other.seq }
          : row
      );
      await rewrite(writer, swapped);
      return true;
    }
    case "delete": {
      const { id } = pick(await writer.secrets(undefined, 100), attack.at);
      await writer.deleteSecret(String(id));
      return true;
    }
    case "put back": {
      // A state that a secret was in before, or a secret that was there before.
      const { record, sealedValue } = pick(old, attack.at);
      const present = await writer.secret(record.id);
      if (present === undefined) await writer.insertSecret(record, sealedValue);
      else await writer.updateSecret(record, sealedValue);
      return true;
    }
  }
}

type Snapshot = readonly { record: ReturnType<typeof parseSecretRow>; sealedValue: Uint8Array }[];

async function snapshot(store: Store): Promise<Snapshot> {
  return await store.read(async (reader) => {
    const all = [];
    for (const row of await reader.secrets(undefined, 100)) {
      const sealedValue = await reader.sealedValue(String(row.id));
      assert.ok(sealedValue !== undefined);
      all.push({ record: parseSecretRow(row), sealedValue });
    }
    return all;
  });
}

for (const { name, withStore } of STORE_KINDS) {
  test(`verify() of a ${name} finds any single attack on its events and secrets`, {
    timeout: 300_000,
  }, async () => {
    const done = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(attack, async (attack) => {
        await withStore(async (store) => {
          const vault = await initVault({ store });
          await prepare(vault);
          await vault.create({ name: "GONE", value: new Uint8Array([1]) });
          const old = await snapshot(store);
          await vault.delete("GONE");
          for (const ref of ["A", "B", "EXPIRED"]) await vault.rotate(ref, new Uint8Array([2]));
          await vault.recordLock("vault.lock");
          assert.equal((await vault.verify()).isIntact, true);
          if (!await store.write((writer) => strike(writer, attack, old))) return;
          done.set(attack.do, (done.get(attack.do) ?? 0) + 1);
          const { isIntact, findings } = await vault.verify();
          assert.equal(isIntact, false, attack.do);
          assert.ok(findings.every(({ seq, secretId }) => seq !== null || secretId !== null));
        });
      }),
      { seed: 20_231_114, numRuns: name === "MemoryStore" ? 150 : 50 },
    );
    assert.equal(done.size, 7, JSON.stringify([...done]));
  });
}

test("verify() finds nothing after any sequence of operations, in either store", {
  timeout: 120_000,
}, async () => {
  for (const { withStore } of STORE_KINDS) {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...OPERATIONS), { maxLength: 12 }),
        (operations) =>
          withStore(async (store) => {
            const vault = await initVault({ store });
            await prepare(vault);
            for (const { run } of operations) {
              await run(vault).catch((error) => assert.ok("code" in error, String(error)));
            }
            assert.deepEqual((await vault.verify()).findings, []);
          }),
      ),
      { seed: 20_231_114, numRuns: 15 },
    );
  }
});
