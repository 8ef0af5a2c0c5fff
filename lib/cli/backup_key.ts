/**
 * The key of a backup: what the flags name, or the one at hand.
 *
 * @module
 */
import { wipe } from "../crypto/bytes.ts";
import { parseTypedKey } from "../crypto/typed_key.ts";
import { hasCode, VaultError } from "../errors.ts";
import { type BackupKey, needsOldKey } from "../vault/backup.ts";
import { callerKey, hasLock, type KeyProviders, providedKey } from "../vault/keys/key_source.ts";
import { readRow } from "../vault/read_row.ts";
import { recordKeyless } from "../vault/audit/record_keyless.ts";
import { openRecovery } from "../vault/keys/recovery.ts";
import type { Store } from "../vault/store.ts";
import type { VaultRow } from "../vault/vault_row.ts";
import type { CliContext } from "./context.ts";
import { passphraseFlags, type UnlockFlags } from "./flags.ts";
import { readKeyFile, readRecoveryKey } from "./inputs.ts";
import { ACTOR, openExisting } from "./session.ts";
import { keeperFor } from "./with_vault.ts";

/** Flags that give the key of a backup. */
export interface BackupKeyFlags extends UnlockFlags {
  readonly keyFile?: string;
  readonly recoveryKey?: boolean;
  readonly recoveryKeyFile?: string;
}

/** Whether the flags name a recovery key. */
export function usesRecovery(flags: BackupKeyFlags): boolean {
  return flags.recoveryKey === true || flags.recoveryKeyFile !== undefined;
}

/** The key that the flags name for the vault in a backup; the one at hand if they name none. */
export function keyOf(
  context: CliContext,
  flags: BackupKeyFlags,
  providers: KeyProviders,
): BackupKey {
  const attempted = "open the backup";
  return async (row) => {
    const kek = await givenKek(context, flags, row, attempted);
    const keeper = keeperFor(context, passphraseFlags(flags));
    const keys = kek === undefined ? providedKey(providers, keeper) : callerKey(kek);
    wipe(kek);
    try {
      await keys.current(row);
      return keys;
    } catch (error) {
      keys.close();
      if (
        kek === undefined && hasCode(error, "WRONG_KEY") && hasLock(providers, row.provider.type)
      ) {
        await recordHere(context, row, "vault.unlock.failed");
      }
      throw explained(error, row);
    }
  };
}

function explained(error: unknown, row: VaultRow): unknown {
  const isOther = hasCode(error, "WRONG_KEY", "KEY_STALE", "KEY_MISSING", "KEY_UNAVAILABLE");
  return isOther ? needsOldKey(error, row.kekId) : error;
}

/**
 * Checks that the key at hand is still that of the vault `row`: another process may have rotated the master key since,
 * and the restored vault would not open. A passphrase, or a key that the flags give, opens it all the same.
 */
export async function checkStillThere(
  flags: BackupKeyFlags,
  providers: KeyProviders,
  row: VaultRow | undefined,
): Promise<void> {
  const isGiven = flags.keyFile !== undefined || usesRecovery(flags);
  if (row === undefined || isGiven || hasLock(providers, row.provider.type)) return;
  const keys = providedKey(providers);
  try {
    await keys.current(row);
  } catch (error) {
    throw explained(error, row);
  } finally {
    keys.close();
  }
}

async function givenKek(
  context: CliContext,
  flags: BackupKeyFlags,
  row: VaultRow,
  attempted: string,
): Promise<Uint8Array | undefined> {
  if (flags.keyFile !== undefined && usesRecovery(flags)) {
    const problem = "--key-file and a recovery key cannot both be given";
    throw new VaultError("INVALID_INPUT", attempted, problem);
  }
  if (flags.keyFile !== undefined) return await readKeyFile(context, flags.keyFile, attempted);
  if (!usesRecovery(flags)) return undefined;
  const text = await readRecoveryKey(context, flags.recoveryKeyFile, attempted);
  try {
    const recoveryKey = parseTypedKey(text, attempted);
    try {
      return await openRecovery(recoveryKey, row);
    } catch (error) {
      if (hasCode(error, "WRONG_KEY")) await recordHere(context, row, "recovery.use.failed");
      throw error;
    } finally {
      wipe(recoveryKey);
    }
  } finally {
    wipe(text);
  }
}

/**
 * Puts on record that somebody tried what does not open a backup: in the vault that it is a backup of, if that is here. A
 * backup alone keeps no record of who tries it.
 */
async function recordHere(
  context: CliContext,
  { vaultId }: Pick<VaultRow, "vaultId">,
  kind: "vault.unlock.failed" | "recovery.use.failed",
): Promise<void> {
  let store: Store | undefined;
  try {
    store = await openExisting(context);
    if (store === undefined || (await readRow(store)).vaultId !== vaultId) return;
    await recordKeyless({ store, now: Date.now, actor: ACTOR }, kind, "backup");
  } catch (error) {
    // What is here is to be replaced because it does not open.
    if (!hasCode(error, "INTEGRITY", "UNSUPPORTED")) throw error;
  } finally {
    await store?.close();
  }
}
