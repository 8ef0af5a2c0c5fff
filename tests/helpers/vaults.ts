/**
 * Vaults for tests: a fixed key, a fixed clock, and the whole content of a store to compare.
 *
 * @module
 */
import type { Registry } from "../../lib/vault/registry.ts";
import type { Store } from "../../lib/vault/store.ts";
import { Vault } from "../../lib/vault/vault.ts";

export { sqliteStore, STORE_KINDS, type StoreKind } from "./store_kinds.ts";

/** A key for tests, and another one. */
export const KEK: Uint8Array = new Uint8Array(32).fill(0x5a);
export const OTHER_KEK: Uint8Array = new Uint8Array(32).fill(0xa5);

/** The time that the clock of a test starts at: 2023-11-14. */
export const START_MS = 1_700_000_000_000;

/** UTF-8 bytes of `text`. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What a test vault may differ in. */
export interface TestVaultOptions {
  readonly store: Store;
  readonly kek?: Uint8Array;
  readonly registry?: Registry;
  readonly now?: () => number;
}

/** A clock that is one millisecond later at every look. */
export function tickingClock(): () => number {
  let nowMs = START_MS;
  return () => nowMs++;
}

/** Makes a vault under {@linkcode KEK}. */
export function initVault(options: TestVaultOptions): Promise<Vault> {
  return Vault.init({ kek: KEK, now: tickingClock(), actor: "test", ...options });
}

/** Opens a vault under {@linkcode KEK}. */
export function openVault(options: TestVaultOptions): Promise<Vault> {
  return Vault.open({ kek: KEK, now: tickingClock(), actor: "test", ...options });
}

/** All that a store holds, to compare with `deepEqual`. */
export async function contentOf(store: Store): Promise<Record<string, unknown>> {
  return await store.read(async (reader) => {
    const secrets = await reader.secrets(undefined, 1_000_000);
    const sealed = secrets.map(async ({ id }) => [id, await reader.sealedValue(String(id))]);
    return structuredClone({
      vault: { ...await reader.vault() },
      secrets,
      values: await Promise.all(sealed),
      audit: await reader.audit({ limit: 1_000_000 }),
    });
  });
}

/** Everything that an asynchronous sequence yields. */
export async function collect<T>(sequence: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of sequence) all.push(item);
  return all;
}
