/**
 * Authenticated encryption: XChaCha20-Poly1305 with random nonces.
 *
 * @module
 */
import { hchacha } from "@noble/ciphers/chacha.js";
import { swap32IfBE } from "@noble/ciphers/utils.js";
import { VaultError } from "../errors.ts";
import { utf8 } from "./bytes.ts";
import { cipher, TAG_LENGTH } from "./cipher.ts";

export { TAG_LENGTH };

/** Bytes in a key. */
export const KEY_LENGTH = 32;
/** Bytes in a nonce. */
export const NONCE_LENGTH = 24;

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
  if (key.length !== KEY_LENGTH) throw new RangeError(`a key has ${KEY_LENGTH} bytes`);
  withSubkey(key, sealed, (subkey, nonce) => {
    cipher().encrypt(subkey, nonce, context, plaintext, sealed.subarray(NONCE_LENGTH));
  });
  return sealed;
}

const SIGMA = swap32IfBE(new Uint32Array(utf8("expand 32-byte k").slice().buffer));
const scratch = new ArrayBuffer(96);
const all = new Uint8Array(scratch);
const place = (offset: number, length: number) => ({
  bytes: new Uint8Array(scratch, offset, length),
  words: new Uint32Array(scratch, offset, length / 4),
});
const [own, derived, first, last] = [place(0, 32), place(32, 32), place(64, 16), place(80, 12)];

/**
 * Runs `work` with the key and nonce for ChaCha20-Poly1305 that XChaCha20-Poly1305 takes for this key and the nonce
 * that `sealed` begins with: HChaCha20 of the key and the first 16 bytes, and 4 zeros before the last 8 (draft
 * section 2.3).
 *
 * The cipher copies its key at each call, and engines leave such copies behind. So it is given the
 * derived key, which is good for this one nonce; `key` itself is only ever in memory that is wiped here.
 */
function withSubkey(
  key: Uint8Array,
  sealed: Uint8Array,
  work: (subkey: Uint8Array, nonce: Uint8Array) => void,
): void {
  try {
    own.bytes.set(key);
    first.bytes.set(sealed.subarray(0, 16));
    last.bytes.set(sealed.subarray(16, NONCE_LENGTH), 4);
    // The words of the cipher are little-endian, those of an array are the machine's.
    hchacha(SIGMA, swap32IfBE(own.words), swap32IfBE(first.words), derived.words);
    swap32IfBE(derived.words);
    work(derived.bytes, last.bytes);
  } finally {
    all.fill(0);
  }
}

/**
 * Reverses {@linkcode seal}. The caller wipes the result.
 *
 * @param into Where the plaintext goes, unless it is refused; a `sealed` that holds more or less is. Default: a new array.
 * @throws {VaultError} `INTEGRITY` if the key, the context or any byte differs. One
 * error for all of them, so that nobody learns which it was.
 */
export function open(
  key: Uint8Array,
  sealed: Uint8Array,
  context: Uint8Array,
  into?: Uint8Array,
): Uint8Array {
  const length = sealed.length - NONCE_LENGTH - TAG_LENGTH;
  if (length < 0 || (into !== undefined && into.length !== length)) throw notAuthentic();
  const plaintext = into ?? new Uint8Array(length);
  try {
    withSubkey(key, sealed, (subkey, nonce) => {
      cipher().decrypt(subkey, nonce, context, sealed.subarray(NONCE_LENGTH), plaintext);
    });
    return plaintext;
  } catch {
    throw notAuthentic();
  }
}

function notAuthentic(): VaultError {
  return new VaultError("INTEGRITY", "open sealed data", "authentication failed");
}
