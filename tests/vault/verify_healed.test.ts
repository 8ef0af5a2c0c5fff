/**
 * Vault.verify() of a vault whose key was lost before it held anything, and made anew.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { MemoryStore } from "../../lib/vault/memory_store.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { forgetful, type KeptKeys } from "../helpers/forgetful.ts";
import { START_MS, tickingClock, utf8 } from "../helpers/vaults.ts";
import { shortFindings } from "../helpers/verified.ts";

async function healed(): Promise<{ store: MemoryStore; vault: Vault }> {
  const place: KeptKeys = {};
  const provider = forgetful(place);
  const providers = new Map([["forgetful", provider]]);
  const store = new MemoryStore();
  const now = tickingClock();
  const first = await Vault.init({ store, key: await provider.create({}), providers, now });
  await first.create({ name: "GONE", value: utf8("gone") });
  await first.delete("GONE");
  delete place.key;
  const vault = await Vault.open({ store, providers, now });
  await vault.create({ name: "A", value: utf8("a") });
  return { store, vault };
}

test("verify() says honestly how many events lost the key that they were made under", async () => {
  const { vault } = await healed();
  const verification = await vault.verify();
  assert.deepEqual(shortFindings(verification), []);
  const { events, fromSeq, keptEvents, unverifiableEvents } = verification;
  assert.deepEqual([events, fromSeq, keptEvents, unverifiableEvents], [5, 4, 0, 3]);
  const seen: [number, boolean][] = [];
  await vault.verify({ onEvent: ({ seq }, isVerified) => void seen.push([seq, isVerified]) });
  assert.deepEqual(seen, [[1, false], [2, false], [3, false], [4, true], [5, true]]);
});

test("pruneAudit() removes the events that lost their key, if they are old", async () => {
  const { vault } = await healed();
  // The clock gives one millisecond to each transaction, and the fourth is the healing.
  const untouched = await vault.pruneAudit(START_MS + 3);
  assert.deepEqual([untouched.removed, untouched.throughSeq], [0, 0]);
  const { kept, throughSeq } = await vault.pruneAudit(Number.MAX_SAFE_INTEGER);
  assert.deepEqual([kept, throughSeq], [1, 5]);
  const { isIntact, unverifiableEvents, keptEvents } = await vault.verify();
  assert.deepEqual([isIntact, unverifiableEvents, keptEvents], [true, 0, 1]);
});

test("verify() finds what was done to the events after the healing, and a head from before it is no help", async () => {
  const { store, vault } = await healed();
  const [row] = await store.read((reader) => reader.auditAfter(0, 1));
  assert.ok(row !== undefined);
  const head = `1:${Array.from(row.mac, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  assert.deepEqual(shortFindings(await vault.verify({ head })), ["head-pruned 1"]);
  await store.write((writer) => writer.removeAudit({ from: 4, through: 4 }));
  assert.deepEqual(shortFindings(await vault.verify()), [
    "event-missing 4",
    "anchor-unexplained 4",
  ]);
});
