/**
 * Vault.pruneAudit() of a vault whose master key was rotated often: the proof keys that no event needs any more go too.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { readVaultRow } from "../../lib/vault/vault_row.ts";
import type { Vault } from "../../lib/vault/vault.ts";
import { checkChain } from "../helpers/independent_chain.ts";
import { withDirectory } from "../helpers/program.ts";
import { run, withRaw } from "../helpers/raw_database.ts";
import { initVault, openVault, sqliteStore, utf8 } from "../helpers/vaults.ts";
import { shortFindings } from "../helpers/verified.ts";

const ALL = Number.MAX_SAFE_INTEGER;
const kekOf = (turn: number): Uint8Array => new Uint8Array(32).fill(100 + turn);

/** Rotates the master key `times` times, on to `kekOf(from + times - 1)`. */
async function rotate(vault: Vault, from: number, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await vault.rotateMaster({ settings: { type: "caller" }, kek: kekOf(from + i) });
  }
}

async function withRotated(
  work: (vault: Vault, past: () => Promise<number[]>, path: string) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const store = await sqliteStore(directory);
    const vault = await initVault({ store });
    await vault.create({ name: "A", value: utf8("a1") });
    await vault.create({ name: "B", value: utf8("b1") });
    await rotate(vault, 0, 3);
    await vault.rotate("B", utf8("b2"));
    await rotate(vault, 3, 2);
    const past = async (): Promise<number[]> =>
      (await store.read(readVaultRow)).pastProofKeys.map(({ throughSeq }) => throughSeq);
    assert.deepEqual(await past(), [8, 7, 5, 4, 3]);
    await work(vault, past, join(directory, "vault.db"));
    await vault.close();
  });
}

test("pruneAudit() keeps the proof keys of what stays, and no others, and all still verifies", async () => {
  await withRotated(async (vault, past, path) => {
    await vault.pruneAudit(ALL);
    // The creation of A, the change of B, and the prune.
    assert.deepEqual((await vault.audit()).map(({ seq }) => seq), [10, 7, 2]);
    assert.deepEqual(await past(), [7, 3]);
    assert.deepEqual(shortFindings(await vault.verify()), []);
    assert.equal(checkChain(path, kekOf(4)), 1);
    await rotate(vault, 5, 1);
    for (const [name, value] of [["A", "a1"], ["B", "b2"]] as const) {
      await vault.use(name, {}, (bytes) => assert.deepEqual(bytes, utf8(value)));
    }
    assert.deepEqual(await past(), [10, 7, 3]);
    assert.deepEqual(shortFindings(await vault.verify()), []);
    checkChain(path, kekOf(5));
  });
});

test("pruneAudit() forgets nothing that finds an edit of what stays", async () => {
  for (const seq of [2, 7]) {
    await withRotated(async (vault, _, path) => {
      await vault.pruneAudit(ALL);
      withRaw(path, (raw) => run(raw, "update audit set note = 'x' where seq = ?", seq));
      const findings = shortFindings(await vault.verify());
      assert.ok(findings.includes(`event-edited ${seq}`), findings.join());
    });
  }
});

test("pruneAudit() of a part keeps the proof keys of all that is younger", async () => {
  await withRotated(async (vault, past, path) => {
    const [event] = (await vault.audit()).filter(({ seq }) => seq === 6);
    await vault.pruneAudit(event?.timeMs ?? 0);
    // A and B as they were made, and all from event 6 on.
    assert.deepEqual(await past(), [8, 7, 3]);
    assert.deepEqual(shortFindings(await vault.verify()), []);
    checkChain(path, kekOf(4));
  });
});

test("pruneAudit() keeps the vault's row from growing with every rotation of the master key", async () => {
  await withDirectory(async (directory) => {
    const store = await sqliteStore(directory);
    const vault = await initVault({ store });
    await vault.create({ name: "A", value: utf8("a1") });
    const sizes: number[] = [];
    for (let turn = 0; turn < 12; turn++) {
      await rotate(vault, turn, 1);
      await vault.pruneAudit(ALL);
      sizes.push((await store.read(readVaultRow)).pastProofKeys.length);
    }
    assert.deepEqual(sizes, Array(12).fill(1));
    assert.deepEqual(shortFindings(await vault.verify()), []);
    await vault.close();
    const reopened = await openVault({ store: await sqliteStore(directory), kek: kekOf(11) });
    await reopened.use("A", {}, (bytes) => assert.deepEqual(bytes, utf8("a1")));
    await reopened.close();
  });
});
