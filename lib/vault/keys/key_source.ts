/**
 * Where a vault gets its KEK handle from: a key that the caller gives, or a key provider.
 *
 * @module
 */
import { wipe } from "../../crypto/bytes.ts";
import { hasCode, VaultError } from "../../errors.ts";
import { vaultClosed } from "../closable_store.ts";
import { holdKek, type KekHandle, kekIdOf, sameKekId } from "./kek.ts";
import type { KeyProvider, ProvidedKey } from "./key_provider.ts";
import { givenKey, stagedKeyOf } from "./given_key.ts";
import { ownKek } from "./own_key.ts";
import type { ProviderSettings, VaultRow } from "../vault_row.ts";

/** Gives the handle of the KEK that a vault has now. */
export interface KeySource {
  /**
   * The handle whose `kekId` is the row's.
   *
   * @throws {VaultError} `WRONG_KEY`, `KEY_STALE`, or what the key provider reports.
   */
  current(row: VaultRow): Promise<KekHandle>;
  /** Holds a copy of `kek` from now on: the vault was rotated to it. */
  adopt(kek: Uint8Array, vaultId: string): Promise<void>;
  /** Wipes what is held. */
  close(): void;
}

/** The settings of a vault whose key the caller keeps. */
export const CALLER_SETTINGS: ProviderSettings = { type: "caller" };

/**
 * A key that the caller gives; it is copied.
 *
 * @throws {RangeError} if it has not 32 bytes.
 */
export function callerKey(kek: Uint8Array): KeySource {
  let held: Uint8Array | undefined = ownKek(kek);
  let handle: KekHandle | undefined;
  let isClosed = false;
  const drop = (): void => {
    wipe(held);
    handle?.close();
    held = handle = undefined;
  };
  return {
    // async: a failure is a rejection, never a throw
    async current(row) {
      if (held === undefined) throw vaultClosed();
      handle ??= holdKek(held, row.vaultId);
      if (!sameKekId(handle.kekId, row.kekId)) throw wrongKey(handle.kekId, row, "the given key");
      return handle;
    },
    // async: a failure is a rejection, never a throw
    async adopt(next) {
      drop();
      if (!isClosed) held = ownKek(next);
    },
    close() {
      isClosed = true;
      drop();
    },
  };
}

/** The key providers of a program, by type. */
export type KeyProviders = ReadonlyMap<string, KeyProvider>;

/** Holds the KEK of a vault between the processes that use it. */
export interface KekKeeper {
  /**
   * The handle of this key; `undefined` if it is not held here.
   *
   * @throws {VaultError} `KEY_UNUSABLE` or `KEY_UNAVAILABLE` if there is something that cannot be trusted or
   * does not answer.
   */
  find(vaultId: string, kekId: string): Promise<KekHandle | undefined>;
  /** The vault has this key now: another one is not to be held any longer. */
  moved(kekId: string): Promise<void>;
}

/**
 * Asks the provider that the vault's settings name, once per KEK. A key that needs a passphrase is
 * looked for in `keeper` first.
 */
export function providedKey(providers: KeyProviders, keeper?: KekKeeper): KeySource {
  let handle: KekHandle | undefined;
  let isClosed = false;
  return {
    async current(row) {
      if (isClosed) throw vaultClosed();
      if (handle !== undefined && sameKekId(handle.kekId, row.kekId)) return handle;
      const given = await findKept(providers, keeper, row) ?? await loadHandle(providers, row);
      handle?.close();
      handle = given;
      // It was closed while the key was on its way.
      if (!isClosed) return given;
      given.close();
      throw vaultClosed();
    },
    async adopt(next, vaultId) {
      handle?.close();
      handle = holdKek(next, vaultId);
      if (isClosed) handle.close();
      // The rotation is stored: a keeper that cannot be told now finds out when it is asked next.
      await keeper?.moved(handle.kekId).catch(() => {});
    },
    close() {
      handle?.close();
      isClosed = true;
    },
  };
}

async function loadHandle(providers: KeyProviders, row: VaultRow): Promise<KekHandle> {
  const kek = await loadKek(providers, row);
  try {
    // The id of the key that was loaded is the row's.
    return holdKek(kek, row.vaultId, row.kekId);
  } finally {
    wipe(kek);
  }
}

async function findKept(
  providers: KeyProviders,
  keeper: KekKeeper | undefined,
  row: VaultRow,
): Promise<KekHandle | undefined> {
  if (keeper === undefined || !hasLock(providers, row.provider.type)) return undefined;
  const kept = await keeper.find(row.vaultId, row.kekId);
  if (kept === undefined || sameKekId(kept.kekId, row.kekId)) return kept;
  kept.close();
  throw new VaultError("KEY_UNUSABLE", "unlock the vault", "what keeps its key gave another one", {
    hints: ["nothing was changed"],
  });
}

/**
 * The provider of this type.
 *
 * @throws {VaultError} `UNSUPPORTED` if the program has none.
 */
export function providerOf(providers: KeyProviders, type: string): KeyProvider {
  const provider = providers.get(type);
  if (provider !== undefined) return provider;
  throw noProvider(type);
}

/** Whether the key of the vault's provider `type` can be locked away: it needs a passphrase. */
export function hasLock(providers: KeyProviders, type: string): boolean {
  return providerOf(providers, type).needsPassphrase;
}

/**
 * Checks that the provider of a key that is to be the vault's is there. Without providers the caller keeps it.
 *
 * @throws {VaultError} `UNSUPPORTED` if it is not.
 */
export function checkProvider(providers: KeyProviders | undefined, key: ProvidedKey): void {
  const { type } = key.settings;
  if (providers !== undefined) providerOf(providers, type);
  else if (type !== CALLER_SETTINGS.type) throw noProvider(type);
}

/** The error of a program that has no provider of this type. */
export function noProvider(type: string): VaultError {
  return new VaultError(
    "UNSUPPORTED",
    "open the vault",
    `this program has no key provider "${type}"`,
  );
}

/**
 * Loads the KEK that `row` names: the present one or, while a rotation waits to be finished, the
 * staged one. The caller wipes it.
 */
export async function loadKek(providers: KeyProviders, row: VaultRow): Promise<Uint8Array> {
  const provider = providerOf(providers, row.provider.type);
  const present = () => givenKey(provider, row.provider);
  const staged = () => stagedKeyOf(provider, row.provider);
  // The staged key may move to the present place between two looks, so that place is seen twice.
  const places = row.rotation === null || provider.needsPassphrase
    ? [present]
    : [present, staged, present];
  const failures: unknown[] = [];
  for (const place of places) {
    try {
      const kek = await place();
      if (kek === undefined) continue;
      const kekId = kekIdOf(kek, row.vaultId);
      if (sameKekId(kekId, row.kekId)) return kek;
      wipe(kek);
      failures.push(wrongKey(kekId, row, provider.describe(row.provider)));
    } catch (error) {
      failures.push(error);
    }
  }
  // A place that could not be looked into may hold the key, whatever the other one holds.
  throw failures.find((failure) => !hasCode(failure, ...NOT_THERE)) ?? failures.at(-1);
}

/** What is said of a place that was looked into, and does not hold the key. */
const NOT_THERE = ["WRONG_KEY", "KEY_STALE", "KEY_MISSING"] as const;

function wrongKey(kekId: string, row: VaultRow, source: string): VaultError {
  const attempted = "unlock the vault";
  if (row.retiredKekIds.some((retired) => sameKekId(retired, kekId))) {
    return new VaultError(
      "KEY_STALE",
      attempted,
      `${source} still holds the key from before the master key was rotated`,
      { hints: ["put the new key there; nothing was changed"] },
    );
  }
  if (row.rotation !== null && sameKekId(row.rotation.toKekId, kekId)) {
    const problem = `${source} holds the key of a rotation that did not take place`;
    return new VaultError("WRONG_KEY", attempted, problem, {
      hints: ["put the key from before there, then rotate again; nothing was changed"],
    });
  }
  return new VaultError("WRONG_KEY", attempted, `${source} is not this vault's`, {
    hints: ["nothing was changed; check that this is the right vault and the right key"],
  });
}
