/**
 * A vault's own copies of the keys that callers give it.
 *
 * @module
 */
import { KEY_LENGTH } from "../../crypto/aead.ts";
import { isBytes, steadyCopy, wipe } from "../../crypto/bytes.ts";
import type { ProvidedKey } from "./key_provider.ts";
import { takeSettings } from "../vault_row.ts";

/**
 * A copy of `kek`, which whoever asked for it wipes.
 *
 * @throws {RangeError} if it has not 32 bytes.
 */
export function ownKek(kek: Uint8Array): Uint8Array {
  if (isBytes(kek) && kek.length === KEY_LENGTH) return steadyCopy(kek);
  throw new RangeError(`a KEK has ${KEY_LENGTH} bytes`);
}

/**
 * A copy of a key and its settings, taken before anything is awaited: its owner may wipe the key meanwhile, and what is
 * wrapped by one key would be noted as wrapped by another. Whoever asked for it wipes it.
 *
 * @throws {RangeError} if the key has not 32 bytes.
 * @throws {VaultError} `INVALID_INPUT` if the settings cannot be stored.
 */
export function ownKey({ settings, kek }: ProvidedKey): ProvidedKey {
  return { settings: takeSettings(settings), kek: ownKek(kek) };
}

/** {@linkcode ownKey} of a key that is the vault's to wipe: it is wiped, also if it is refused. */
export function takeOverKey(given: ProvidedKey): ProvidedKey {
  try {
    return ownKey(given);
  } finally {
    if (isBytes(given.kek)) wipe(given.kek);
  }
}
