/**
 * Recovery keys: making one, taking it away, and coming back with it when the vault's key is lost.
 *
 * @module
 */
import { KEY_LENGTH } from "../../crypto/aead.ts";
import { randomBytes, wipe } from "../../crypto/bytes.ts";
import { formatTypedKey, parseTypedKey } from "../../crypto/typed_key.ts";
import { hasCode, VaultError } from "../../errors.ts";
import { holdKek, kekIdOf, sameKekId } from "./kek.ts";
import type { ProvidedKey } from "./key_provider.ts";
import { callerKey, type KeyProviders, loadKek, providedKey } from "./key_source.ts";
import { ownKek, takeOverKey } from "./own_key.ts";
import { openProofKeys, type ProofKeys } from "../audit/proof_key.ts";
import {
  checkNotRevoked,
  noRecovery,
  openRecovery,
  recoveryDigest,
  recoveryPublicKey,
  sealRecovery,
} from "./recovery.ts";
import { rotateMaster, type StepListener } from "./rotate_master.ts";
import type { StoreReader } from "../store.ts";
import { recordKeyless, recordWrongPassphrase } from "../audit/record_keyless.ts";
import { transact, type VaultState } from "../transaction.ts";
import { readRow, untilStable } from "../read_row.ts";
import { readVaultRow, type VaultRow } from "../vault_row.ts";

/**
 * Is lent a new recovery key, as 71 bytes of ASCII that are wiped afterwards. Only when it is done is the key stored;
 * if it throws, nothing is.
 */
export type RecoveryKeyReader = (text: Uint8Array) => void | Promise<void>;

/** How a recovery key is made. */
export interface RecoveryKeyOptions {
  /** Take the place of the recovery key that there is. Default: false. */
  readonly replace?: boolean | undefined;
  /** The vault's KEK, for a vault whose caller keeps it: 32 bytes. */
  readonly kek?: Uint8Array | undefined;
}

const ATTEMPTED = "make a recovery key";

/** Makes a recovery key and lends it to `reader`; see `Vault.createRecoveryKey`. */
export async function createRecoveryKey(
  state: VaultState,
  providers: KeyProviders | undefined,
  reader: RecoveryKeyReader,
  { replace = false, kek: given }: RecoveryKeyOptions,
): Promise<void> {
  let kek = given === undefined ? await loadFrom(state, providers) : ownKek(given);
  const keepUp = async (row: VaultRow): Promise<void> => {
    if (given !== undefined || isKekOf(kek, row)) return;
    wipe(kek);
    kek = await loadFrom(state, providers);
  };
  const recoveryKey = randomBytes(KEY_LENGTH);
  const text = formatTypedKey(recoveryKey);
  try {
    await untilStable(state.store, async (row) => {
      checkFree(row, replace);
      await keepUp(row);
      checkKek(kek, row);
    });
    await reader(text);
    // Another process may have rotated the key meanwhile: what was shown opens that one just as well.
    await untilStable(state.store, async (row) => {
      await keepUp(row);
      await storeRecovery(state, kek, recoveryKey, replace);
    });
  } finally {
    wipe(kek, recoveryKey, text);
  }
}

function storeRecovery(
  state: VaultState,
  kek: Uint8Array,
  recoveryKey: Uint8Array,
  replace: boolean,
): Promise<void> {
  return transact(state, async (transaction) => {
    const { row, nowMs } = transaction;
    checkFree(row, replace);
    checkKek(kek, row);
    const handle = holdKek(kek, row.vaultId);
    try {
      const publicKey = await recoveryPublicKey(recoveryKey, row.vaultId);
      const recovery = await sealRecovery(handle, kek, row.vaultId, publicKey, nowMs);
      await transaction.revise({ recovery });
      const stateDigest = recoveryDigest(row.vaultId, recovery);
      await transaction.record({ kind: "recovery.create", stateDigest });
    } finally {
      handle.close();
    }
  });
}

async function loadFrom(
  state: VaultState,
  providers: KeyProviders | undefined,
): Promise<Uint8Array> {
  if (providers === undefined) throw new RangeError("a vault whose caller keeps the KEK needs it");
  try {
    return await untilStable(state.store, (row) => loadKek(providers, row));
  } catch (error) {
    // The vault may have been opened by the agent, without the passphrase.
    const { provider } = await readRow(state.store);
    await recordWrongPassphrase(state, providers, provider.type, error);
    throw error;
  }
}

function checkFree(row: VaultRow, replace: boolean): void {
  if (row.recovery === null || replace) return;
  throw new VaultError("ALREADY_EXISTS", ATTEMPTED, "there is a recovery key already", {
    hints: ["nothing was changed; to make that one useless, add --replace"],
  });
}

function isKekOf(kek: Uint8Array, row: VaultRow): boolean {
  return sameKekId(kekIdOf(kek, row.vaultId), row.kekId);
}

function checkKek(kek: Uint8Array, row: VaultRow): void {
  if (isKekOf(kek, row)) return;
  throw new VaultError("WRONG_KEY", ATTEMPTED, "the key is not this vault's present one", {
    hints: ["nothing was changed; try again"],
  });
}

/** Takes the recovery key away; see `Vault.revokeRecoveryKey`. */
export function revokeRecoveryKey(state: VaultState): Promise<void> {
  return transact(state, async (transaction) => {
    if (transaction.row.recovery === null) throw noRecovery();
    await transaction.revise({ recovery: null });
    await transaction.record({ kind: "recovery.revoke" });
  });
}

/** What coming back takes. */
export interface RecoverOptions {
  /** The key providers that this program knows, by type. Default: none, for a key that the caller keeps. */
  readonly providers?: KeyProviders | undefined;
  /** The recovery key as it was shown, or typed, in UTF-8. The caller wipes it. */
  readonly recoveryKey: Uint8Array;
  /** Gives the new key, once the recovery key has proved right. What it gives is wiped. */
  readonly next: () => Promise<ProvidedKey>;
  /** Called after each step of the rotation, before the next. */
  readonly onStep?: StepListener | undefined;
}

/** Opens the KEK with the recovery key, and rotates the master key to a new one; see `Vault.recover`. */
export async function recover(
  state: Omit<VaultState, "keys">,
  { providers, recoveryKey, next: makeNext, onStep }: RecoverOptions,
): Promise<VaultState> {
  const kek = await openWithRecoveryKey(state, recoveryKey);
  const recovered = { ...state, keys: callerKey(kek) };
  wipe(kek);
  try {
    const next = takeOverKey(await makeNext());
    try {
      const row = await readRow(state.store);
      checkIsLost(row, next);
      await rotateMaster(recovered, providers, next, onStep, "recover");
      if (providers === undefined) return recovered;
      // As in a vault that was opened: when another process rotates the key, its provider is asked for the next one.
      const keys = providedKey(providers);
      await keys.adopt(next.kek, row.vaultId);
      recovered.keys.close();
      return { ...state, keys };
    } finally {
      wipe(next.kek);
    }
  } catch (error) {
    recovered.keys.close();
    throw error;
  }
}

function checkIsLost(row: VaultRow, next: ProvidedKey): void {
  if (!sameKekId(kekIdOf(next.kek, row.vaultId), row.kekId)) return;
  throw new VaultError("INVALID_INPUT", "recover the vault", "the key there is the vault's own", {
    hints: [
      "nothing was changed; for a new key, say: aivault rotate-master",
      "to keep it elsewhere from now on, name another place",
    ],
  });
}

/**
 * The KEK of the vault, by its recovery key. A recovery key that is not the vault's is on record. The caller
 * wipes the result.
 *
 * @throws {VaultError} `INVALID_INPUT` if a group was mistyped, and as `openRecovery`.
 */
async function openWithRecoveryKey(
  state: Omit<VaultState, "keys">,
  text: Uint8Array,
): Promise<Uint8Array> {
  const recoveryKey = parseTypedKey(text, "open the vault");
  try {
    return await state.store.read(async (reader) => {
      const row = await readVaultRow(reader);
      const kek = await openRecovery(recoveryKey, row);
      await checkPresent(reader, row, kek);
      return kek;
    });
  } catch (error) {
    if (hasCode(error, "WRONG_KEY")) await recordKeyless(state, "recovery.use.failed");
    throw error;
  } finally {
    wipe(recoveryKey);
  }
}

/** Checks that the row and its recovery are the present ones, and wipes `kek` if they are not. */
async function checkPresent(reader: StoreReader, row: VaultRow, kek: Uint8Array): Promise<void> {
  const handle = holdKek(kek, row.vaultId);
  let proofKeys: ProofKeys | undefined;
  try {
    proofKeys = await openProofKeys(handle, row);
    if (row.recovery !== null) await checkNotRevoked(reader, row.vaultId, row.recovery, proofKeys);
  } catch (error) {
    wipe(kek);
    throw error;
  } finally {
    proofKeys?.wipe();
    handle.close();
  }
}
