/**
 * What key providers give, which may have been written without the types.
 *
 * @module
 */
import { KEY_LENGTH } from "../../crypto/aead.ts";
import { isBytes, wipe } from "../../crypto/bytes.ts";
import { VaultError } from "../../errors.ts";
import type { KeyProvider } from "./key_provider.ts";
import type { ProviderSettings } from "../vault_row.ts";

/**
 * The present key of `provider`. The caller wipes it.
 *
 * @throws {VaultError} `KEY_UNUSABLE` if what it gives is not 32 bytes, and what it reports.
 */
export async function givenKey(
  provider: KeyProvider,
  settings: ProviderSettings,
): Promise<Uint8Array> {
  return checkKey(await provider.load(settings), provider, settings);
}

/** The staged key of `provider`, `undefined` if there is none; as {@linkcode givenKey}. */
export async function stagedKeyOf(
  provider: KeyProvider,
  settings: ProviderSettings,
): Promise<Uint8Array | undefined> {
  const given = await provider.loadStaged(settings);
  return given === undefined ? undefined : checkKey(given, provider, settings);
}

function checkKey(
  given: Uint8Array,
  provider: KeyProvider,
  settings: ProviderSettings,
): Uint8Array {
  if (isBytes(given)) {
    if (given.length === KEY_LENGTH) return given;
    wipe(given);
  }
  const problem = `${provider.describe(settings)} gave no key of ${KEY_LENGTH} bytes`;
  throw new VaultError("KEY_UNUSABLE", "unlock the vault", problem);
}
