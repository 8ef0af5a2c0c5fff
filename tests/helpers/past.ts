/**
 * A vault with a past, an attack on its database, and what a verification says then.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Vault } from "../../lib/vault/vault.ts";
import { withDirectory } from "./program.ts";
import { withRaw } from "./raw_database.ts";
import { initVault, openVault, sqliteStore, utf8 } from "./vaults.ts";
import { shortFindings } from "./verified.ts";

/** A vault with a past: 10 events about the secrets A, B and C, of which C is deleted. */
export async function withPast(
  attack: (raw: DatabaseSync, ids: Record<"a" | "b" | "c", string>) => void,
  check: (vault: Vault, directory: string) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const vault = await initVault({ store: await sqliteStore(directory) });
    const a = (await vault.create({ name: "A", value: utf8("a1") })).id;
    const b = (await vault.create({ name: "B", value: utf8("b1") })).id;
    await vault.rotate("A", utf8("a2"));
    await vault.use("A", {}, () => {});
    const c = (await vault.create({ name: "C", value: utf8("c1") })).id;
    await vault.recordLock("vault.lock");
    await vault.attachGroup("B", { workspaceId: "W", groupId: "G" });
    await vault.delete("C");
    await vault.recordLock("vault.lock");
    await vault.close();
    withRaw(join(directory, "vault.db"), (raw) => {
      raw.exec("pragma foreign_keys = off");
      attack(raw, { a, b, c });
    });
    const reopened = await openVault({ store: await sqliteStore(directory) });
    try {
      await check(reopened, directory);
    } finally {
      await reopened.close();
    }
  });
}

/** Checks that a verification after `attack` finds this, and nothing else. */
export async function finds(
  attack: (raw: DatabaseSync, ids: Record<"a" | "b" | "c", string>) => void,
  ...expected: string[]
): Promise<void> {
  await withPast(attack, async (vault) => {
    const verification = await vault.verify();
    // Secrets are named in the order of their ids, which are random.
    assert.deepEqual(shortFindings(verification).sort(), [...expected].sort());
    assert.equal(verification.isIntact, expected.length === 0);
    assert.equal(verification.findingCount, expected.length);
  });
}
