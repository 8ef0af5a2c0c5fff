/**
 * Authenticated encryption: XChaCha20-Poly1305 with random nonces.
 *
 * @module
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { VaultError } from "../errors.ts";

/** Bytes in a key. */
export const KEY_LENGTH = 32;
/** Bytes in a nonce. */
export const NONCE_LENGTH = 24;
/** Bytes in an authentication tag. */
export const TAG_LENGTH = 16;

/**
 * Encrypts and authenticates `plaintext` under `key`, binding it to `context`.
 *
 * Layout: `nonce (24) ‖ ciphertext (as long as the plaintext) ‖ tag (16)`, as in
 * draft-irtf-cfrg-xchacha-03 section 2. The nonce comes from Web Crypto: with
 * 2^80 messages under one key, two nonces collide with a probability of about 2^-33.
 *
 * @param key 32 bytes. Not changed, not kept.
 * @param plaintext Any length up to 2^38 - 64 bytes; the vault allows 1 MiB.
 * @param context Associated data: authenticated, not stored.
 * @throws {RangeError} if the key has not 32 bytes.
 */
export function seal(key: Uint8Array, plaintext: Uint8Array, context: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(NONCE_LENGTH + plaintext.length + TAG_LENGTH);
  crypto.getRandomValues(sealed.subarray(0, NONCE_LENGTH));
  return encryptBehindNonce(key, sealed, plaintext, context);
}

/**
 * {@linkcode seal} with a nonce that the caller chooses: for test vectors. Two plaintexts under one key
 * and nonce would betray both.
 *
 * @throws {RangeError} if the key has not 32 bytes or the nonce not 24.
 */
export function sealWithNonce(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  context: Uint8Array,
): Uint8Array {
  if (nonce.length !== NONCE_LENGTH) throw new RangeError(`a nonce has ${NONCE_LENGTH} bytes`);
  const sealed = new Uint8Array(NONCE_LENGTH + plaintext.length + TAG_LENGTH);
  sealed.set(nonce);
  return encryptBehindNonce(key, sealed, plaintext, context);
}

// Every typed array costs, on some engines as much as a block of the cipher, so there is one for all three parts.
function encryptBehindNonce(
  key: Uint8Array,
  sealed: Uint8Array,
  plaintext: Uint8Array,
  context: Uint8Array,
): Uint8Array {
  const nonce = sealed.subarray(0, NONCE_LENGTH);
  xchacha20poly1305(key, nonce, context).encrypt(plaintext, sealed.subarray(NONCE_LENGTH));
  return sealed;
}

/**
 * Reverses {@linkcode seal}. The caller wipes the result.
 *
 * @param into Where the plaintext goes; a `sealed` that holds more or less is refused. Default: a new array.
 * @throws {VaultError} `INTEGRITY` if the key, the context or any byte differs. One
 * error for all of them, so that nobody learns which it was.
 */
export function open(
  key: Uint8Array,
  sealed: Uint8Array,
  context: Uint8Array,
  into?: Uint8Array,
): Uint8Array {
  try {
    const nonce = sealed.subarray(0, NONCE_LENGTH);
    return xchacha20poly1305(key, nonce, context).decrypt(sealed.subarray(NONCE_LENGTH), into);
  } catch {
    throw new VaultError("INTEGRITY", "open sealed data", "authentication failed");
  }
}
