/**
 * MemoryStore and SqliteStore are twins: whatever is done to both, both hold and answer the same.
 */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { VaultError } from "../../lib/errors.ts";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import type { Scope } from "../../lib/vault/secrets/scope.ts";
import type { SecretRecord } from "../../lib/vault/secrets/secret.ts";
import type { Store, StoreReader, StoreWriter } from "../../lib/vault/store.ts";
import { auditRow, idOf, record, vaultRow } from "../contract/store_records.ts";
import { scalar } from "../helpers/arbitraries.ts";
import { withDirectory } from "../helpers/program.ts";
import { contentOf, sqliteStore } from "../helpers/vaults.ts";

/** What is done within a transaction. Numbers name secrets, of which few are there at a time. */
type Step =
  | { readonly do: "put"; readonly n: number; readonly fields: Partial<SecretRecord> }
  | { readonly do: "rewrap" | "delete"; readonly n: number; readonly bytes: Uint8Array }
  | { readonly do: "vault" | "audit" | "prune"; readonly n: number; readonly text: string };

/** Steps that commit together, or are rolled back by a failure after the last of them. */
interface Round {
  readonly steps: readonly Step[];
  readonly fails: boolean;
}

/** A text as the vault lets people choose it: a few short ones, which clash, and odd ones. */
const chosenText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("A", "B", "a", "É", "\u{1F511}", "\uFFFD", "it's") },
  {
    weight: 1,
    arbitrary: fc.array(scalar, { minLength: 1, maxLength: 6 }).map((all) => all.join(""))
      .filter((text) => !/\p{Cc}/u.test(text)),
  },
);

const group = fc.record({
  workspaceId: fc.constantFrom("W1", "W2"),
  groupId: fc.constantFrom("G1", "G2", "\u{1F511}"),
});
const scope: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant<Scope>({ kind: "global" }),
  fc.constantFrom("W1", "W2").map((workspaceId): Scope => ({ kind: "workspace", workspaceId })),
  group.map((ids): Scope => ({ kind: "group", ...ids })),
);
const bytes = fc.uint8Array({ minLength: 1, maxLength: 80 });
const time = fc.oneof(fc.nat(99), fc.constant(Number.MAX_SAFE_INTEGER));

const compare = (a: string, b: string): number => {
  const [left, right] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  const at = left.findIndex((byte, i) => byte !== right[i]);
  return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
};
const fields: fc.Arbitrary<Partial<SecretRecord>> = fc.record({
  name: chosenText,
  aliases: fc.uniqueArray(chosenText, { maxLength: 3 }),
  attachedGroups: fc.uniqueArray(group, { maxLength: 3, selector: (g) => JSON.stringify(g) }),
  pinnedProvider: fc.option(fc.constant("openai")),
  valueVersion: fc.integer({ min: 1, max: 9 }),
  updatedAtMs: time,
  expiresAtMs: fc.option(time),
  wrappedDek: bytes,
  scope,
}).map(({ name, aliases, attachedGroups, ...rest }) => ({
  ...rest,
  name,
  // In the order that the vault keeps them in.
  aliases: aliases.filter((alias) => alias !== name).sort(compare),
  attachedGroups: attachedGroups.sort((a, b) =>
    compare(a.workspaceId, b.workspaceId) || compare(a.groupId, b.groupId)
  ),
}));

const n = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("put" as const), n, fields }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("rewrap" as const, "delete" as const), n, bytes }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("vault" as const, "audit" as const, "prune" as const),
      n,
      text: chosenText,
    }),
  },
);
const rounds: fc.Arbitrary<Round[]> = fc.array(
  fc.record({
    steps: fc.array(step, { maxLength: 5 }),
    fails: fc.boolean(),
  }),
  { maxLength: 10 },
);

class Injected extends Error {}

async function apply(writer: StoreWriter, step: Step): Promise<void> {
  const id = idOf(step.n);
  const present = await writer.secret(id);
  switch (step.do) {
    case "put": {
      const value = step.fields.wrappedDek ?? new Uint8Array([1]);
      if (present === undefined) {
        return await writer.insertSecret(record(step.n, step.fields), value);
      }
      // Id and scope stay, as the interface says.
      const { scope: _, ...changes } = step.fields;
      const kept = scopeOf(present);
      const next = record(step.n, { ...changes, scope: kept });
      return await writer.updateSecret(next, step.fields.valueVersion === 1 ? value : undefined);
    }
    case "rewrap":
      return present && await writer.rewrapSecret(id, `kek ${step.n}`, step.bytes);
    case "delete":
      return present && await writer.deleteSecret(id);
    case "vault":
      return await writer.putVault(vaultRow({ auditSeq: step.n, provider: { type: step.text } }));
    case "audit": {
      const [last] = await writer.audit({ limit: 1 });
      const row = { timeMs: step.n, note: step.text, secretId: id, kind: `kind ${step.n % 2}` };
      const stateDigest = step.n % 3 === 0 ? "" : step.text;
      return await writer.appendAudit(auditRow((last?.seq ?? 0) + 1, { ...row, stateDigest }));
    }
    case "prune":
      return void await writer.removeAudit({
        from: step.n,
        through: step.n + 2,
        except: [step.n + 1],
      });
  }
}

function scopeOf(row: { scopeKind: unknown; workspaceId: unknown; groupId: unknown }): Scope {
  const workspaceId = String(row.workspaceId);
  if (row.scopeKind === "global") return { kind: "global" };
  if (row.scopeKind === "workspace") return { kind: "workspace", workspaceId };
  return { kind: "group", workspaceId, groupId: String(row.groupId) };
}

/** How a round ended: `done`, or the code of what stopped it. */
async function play(store: Store, { steps, fails }: Round): Promise<string> {
  try {
    await store.write(async (writer) => {
      for (const step of steps) await apply(writer, step);
      if (fails) throw new Injected();
    });
    return "done";
  } catch (error) {
    if (error instanceof VaultError) return error.code;
    if (error instanceof Injected) return "injected";
    throw error;
  }
}

/** What a store answers to every question about these names. */
async function answers(reader: StoreReader, names: ReadonlySet<string>): Promise<unknown[]> {
  const all: unknown[] = [
    await reader.countSecrets(),
    await reader.countParts(),
    await reader.states(undefined, 99),
  ];
  const scopes: Scope[] = [{ kind: "global" }];
  for (const workspaceId of ["W1", "W2"]) {
    scopes.push({ kind: "workspace", workspaceId });
    for (const groupId of ["G1", "G2", "\u{1F511}"]) {
      scopes.push({ kind: "group", workspaceId, groupId });
    }
  }
  for (const name of names) {
    for (const scope of scopes) {
      all.push([name, scope, await reader.findByName(scope, name)]);
      if (scope.kind !== "group") continue;
      all.push(await reader.findAttached(scope.workspaceId, scope.groupId, name));
    }
  }
  for (let i = 0; i < 6; i++) {
    all.push(await reader.lastAudit(idOf(i), "kind 0"), await reader.lastAudit(idOf(i), "kind 1"));
    all.push(await reader.audit({ limit: 3, beforeMs: i }), await reader.secrets(idOf(i), 2));
    all.push(await reader.lastState(idOf(i)), await reader.auditAfter(i, 2));
    all.push(await reader.states({ secretId: idOf(i), seq: 1 }, 3));
  }
  return all;
}

test("MemoryStore and SqliteStore hold and answer the same after any transactions", {
  timeout: 120_000,
}, async () => {
  const seen = new Map<string, number>();
  await withDirectory(async (directory) => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        const [memory, sqlite] = [
          new MemoryStore(),
          await sqliteStore(directory, `${run++}.db`),
        ];
        const names = new Set(["A", "B", "not there"]);
        try {
          for (const round of all) {
            const outcome = await play(memory, round);
            assert.equal(await play(sqlite, round), outcome);
            seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
            for (const step of round.steps) {
              if (step.do === "put" && step.fields.name !== undefined) names.add(step.fields.name);
            }
            assert.deepEqual(await contentOf(sqlite), await contentOf(memory));
          }
          assert.deepEqual(
            await sqlite.read((reader) => answers(reader, names)),
            await memory.read((reader) => answers(reader, names)),
          );
        } finally {
          await sqlite.close();
        }
      }),
      { seed: 20_231_114, numRuns: 60 },
    );
  });
  // The sequences are worth something only if transactions commit, clash and are undone.
  for (const outcome of ["done", "ALREADY_EXISTS", "injected"]) {
    assert.ok((seen.get(outcome) ?? 0) > 20, `${outcome}: ${JSON.stringify([...seen])}`);
  }
});
