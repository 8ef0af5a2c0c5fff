/**
 * What a vault says of itself without its key.
 *
 * @module
 */
import type { Store } from "./store.ts";
import { type ProviderSettings, readVaultRow } from "./vault_row.ts";

/** A vault's own description. */
export interface VaultInfo {
  /** Random UUID, for life. */
  readonly vaultId: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly createdAtMs: number;
  /** The settings of the key provider; nothing secret. */
  readonly provider: ProviderSettings;
  /** Commits to the KEK: 32 hexadecimal digits. */
  readonly kekId: string;
  /** When the recovery key was made, milliseconds since 1970-01-01 UTC; `null` if there is none. */
  readonly recoveryCreatedAtMs: number | null;
  /** How many secrets there are. */
  readonly secrets: number;
  /** The seq of the newest audit event. */
  readonly auditSeq: number;
}

/**
 * The description of the vault in `store`, which needs no key.
 *
 * @throws {VaultError} `NOT_FOUND` without a vault.
 *
 * @example
 * ```ts
 * import { MemoryStore, Vault, vaultInfo } from "@aivault/cli";
 * import assert from "node:assert/strict";
 *
 * const store = new MemoryStore();
 * const vault = await Vault.init({ store, kek: crypto.getRandomValues(new Uint8Array(32)) });
 * await vault.close();
 * const { provider, secrets } = await vaultInfo(store);
 * assert.deepEqual([provider.type, secrets], ["caller", 0]);
 * ```
 */
export async function vaultInfo(store: Store): Promise<VaultInfo> {
  return await store.read(async (reader) => {
    const row = await readVaultRow(reader);
    const { vaultId, createdAtMs, provider, kekId, recovery, auditSeq } = row;
    const recoveryCreatedAtMs = recovery?.createdAtMs ?? null;
    const secrets = await reader.countSecrets();
    return { vaultId, createdAtMs, provider, kekId, recoveryCreatedAtMs, secrets, auditSeq };
  });
}
