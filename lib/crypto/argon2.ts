/**
 * From a passphrase to a key: Argon2id version 0x13 (RFC 9106).
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import { KEY_LENGTH } from "./aead.ts";
import { fromUtf8, utf8, wipe } from "./bytes.ts";

/** The cost and the salt of one derivation. */
export interface Argon2Parameters {
  /** m: memory in KiB, 8,192 to 1,048,576. */
  readonly memoryKiB: number;
  /** t: passes over the memory, 1 to 16. */
  readonly iterations: number;
  /** p: lanes, 1 to 16. */
  readonly parallelism: number;
  /** 16 random bytes, stored beside the parameters. */
  readonly salt: Uint8Array;
}

/** Bytes in a salt. */
export const SALT_LENGTH = 16;

/** 64 MiB, 3 passes, 1 lane: the second recommendation of RFC 9106 section 4, with one lane. */
export const ARGON2_DEFAULTS = { memoryKiB: 65_536, iterations: 3, parallelism: 1 } as const;

/** What is accepted, flags and stored settings alike. */
export const ARGON2_BOUNDS = {
  memoryKiB: [8_192, 1_048_576],
  iterations: [1, 16],
  parallelism: [1, 16],
} as const;

/**
 * Checks `parameters` before any memory is allocated.
 *
 * @throws {VaultError} `INVALID_INPUT` naming the parameter and its bounds.
 */
export function checkArgon2Parameters(parameters: Argon2Parameters, attempted: string): void {
  for (const [name, [least, most]] of Object.entries(ARGON2_BOUNDS)) {
    const value = parameters[name as keyof typeof ARGON2_BOUNDS];
    if (!Number.isInteger(value) || value < least || value > most) {
      throw invalid(attempted, `Argon2 ${name} must be a whole number from ${least} to ${most}`);
    }
  }
  if (parameters.salt.length !== SALT_LENGTH) {
    throw invalid(attempted, `an Argon2 salt has ${SALT_LENGTH} bytes`);
  }
}

/**
 * Derives a 32-byte key from `passphrase`. The caller wipes the result.
 *
 * The passphrase is put into Unicode normalisation form C first, so that a key does not depend
 * on how a keyboard composes letters.
 *
 * @param passphrase UTF-8 bytes. Not changed, not kept.
 * @throws {VaultError} `INVALID_INPUT` if the passphrase is empty or not UTF-8, or a
 * parameter is out of bounds.
 */
export async function deriveKey(
  passphrase: Uint8Array,
  parameters: Argon2Parameters,
): Promise<Uint8Array> {
  const attempted = "derive a key from the passphrase";
  checkArgon2Parameters(parameters, attempted);
  if (passphrase.length === 0) throw invalid(attempted, "the passphrase is empty");
  const text = fromUtf8(passphrase);
  if (text === undefined) throw invalid(attempted, "the passphrase is not UTF-8 text");
  // Loaded here, since most runs of a program derive no key and this is the largest of all packages.
  const { argon2id } = await import("hash-wasm");
  const normalised = utf8(text.normalize("NFC"));
  try {
    return await argon2id({
      password: normalised,
      salt: parameters.salt,
      memorySize: parameters.memoryKiB,
      iterations: parameters.iterations,
      parallelism: parameters.parallelism,
      hashLength: KEY_LENGTH,
      outputType: "binary",
    });
  } finally {
    wipe(normalised);
  }
}

function invalid(attempted: string, problem: string): VaultError {
  return new VaultError("INVALID_INPUT", attempted, problem);
}
