/**
 * Vault.verify() and the recovery key: one that was put back or removed behind the vault's back, in a row that is
 * authentic.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import type { Vault } from "../../lib/vault/vault.ts";
import { withDirectory } from "../helpers/program.ts";
import { row, run, type SqlRow, withRaw } from "../helpers/raw_database.ts";
import { makeRecoveryKey } from "../helpers/recovery.ts";
import { initVault, KEK, openVault, OTHER_KEK, sqliteStore } from "../helpers/vaults.ts";
import { shortFindings } from "../helpers/verified.ts";

/** Puts the recovery key of `before` into the vault's row, with the MAC that proved both then. */
async function verifiedAfter(
  first: (vault: Vault) => Promise<unknown>,
  then: (vault: Vault) => Promise<unknown>,
): Promise<string[]> {
  return await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const vault = await initVault({ store: await sqliteStore(directory) });
    await first(vault);
    const before: SqlRow = withRaw(path, (raw) => row(raw, "select * from vault"));
    await then(vault);
    assert.deepEqual(shortFindings(await vault.verify()), []);
    await vault.close();
    withRaw(path, (raw) => {
      const set = "update vault set recovery = ?, description_mac = ?";
      run(raw, set, before["recovery"] ?? null, before["description_mac"] ?? null);
    });
    const reopened = await openVault({ store: await sqliteStore(directory) });
    const findings = shortFindings(await reopened.verify());
    await reopened.close();
    return findings;
  });
}

const make = (vault: Vault) => makeRecoveryKey(vault, { kek: KEK });
const nothing = () => Promise.resolve();

test("verify() finds a recovery key that was removed, revoked and put back, or replaced and put back", async () => {
  const cases: readonly [
    Parameters<typeof verifiedAfter>[0],
    (vault: Vault) => Promise<unknown>,
  ][] = [
    [nothing, make],
    [make, (vault) => vault.revokeRecoveryKey()],
    [make, (vault) => makeRecoveryKey(vault, { kek: KEK, replace: true })],
  ];
  for (const [first, then] of cases) {
    assert.deepEqual(await verifiedAfter(first, then), ["recovery-differs null"]);
  }
});

test("verify() finds nothing in a vault whose recovery key a rotation and a prune have kept", async () => {
  await withDirectory(async (directory) => {
    const vault = await initVault({ store: await sqliteStore(directory) });
    await make(vault);
    await vault.rotateMaster({ settings: { type: "caller" }, kek: OTHER_KEK });
    assert.deepEqual(shortFindings(await vault.verify()), []);
    await vault.pruneAudit(Number.MAX_SAFE_INTEGER);
    assert.deepEqual(shortFindings(await vault.verify()), []);
    await vault.revokeRecoveryKey();
    assert.deepEqual(shortFindings(await vault.verify()), []);
    await vault.close();
  });
});
