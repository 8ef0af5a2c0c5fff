/**
 * ChaCha20-Poly1305 (RFC 8439 section 2.8), and which code computes it in this process.
 *
 * @module
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { equalBytes, randomBytes } from "./bytes.ts";

/** Bytes in an authentication tag. */
export const TAG_LENGTH = 16;

/**
 * ChaCha20-Poly1305, for one message: nothing it is given is kept, and nothing but `into` is changed.
 */
export interface Cipher {
  /**
   * Writes `ciphertext ‖ tag (16)` to `into`.
   *
   * @param key 32 bytes.
   * @param nonce 12 bytes.
   * @param context Associated data, of any length.
   * @param into As long as the plaintext and the tag.
   */
  encrypt(
    key: Uint8Array,
    nonce: Uint8Array,
    context: Uint8Array,
    plaintext: Uint8Array,
    into: Uint8Array,
  ): void;
  /**
   * Writes the plaintext of `sealed` to `into`, and only if all of it is authentic.
   *
   * @param into As long as `sealed` without the tag.
   * @throws {Error} if anything differs.
   */
  decrypt(
    key: Uint8Array,
    nonce: Uint8Array,
    context: Uint8Array,
    sealed: Uint8Array,
    into: Uint8Array,
  ): void;
}

/** The cipher that runs wherever JavaScript does. */
export const portableCipher: Cipher = {
  encrypt(key, nonce, context, plaintext, into) {
    chacha20poly1305(key, nonce, context).encrypt(plaintext, into);
  },
  decrypt(key, nonce, context, sealed, into) {
    chacha20poly1305(key, nonce, context).decrypt(sealed, into);
  },
};

let chosen = portableCipher;

/** The cipher of this process. */
export function cipher(): Cipher {
  return chosen;
}

/**
 * Makes `candidate` the cipher of this process, if it gives the same bytes as {@linkcode portableCipher} for random
 * messages of many lengths, and refuses each of them when a bit of it or of its context is changed. What is sealed
 * by the one is opened by the other.
 *
 * @returns Whether it does; if not, nothing is changed.
 */
export function chooseCipher(candidate: Cipher): boolean {
  if (!agrees(candidate)) return false;
  chosen = candidate;
  return true;
}

// Around the blocks of ChaCha20 (64) and Poly1305 (16), what the vault seals most (32), and several kilobytes.
const TRIED_LENGTHS: readonly [plaintext: number, context: number][] = [
  [0, 0],
  [1, 16],
  [15, 1],
  [16, 250],
  [17, 31],
  [32, 220],
  [63, 17],
  [64, 64],
  [65, 15],
  [300, 0],
  [9_000, 2_500],
];

function agrees(candidate: Cipher): boolean {
  try {
    return TRIED_LENGTHS.every(([length, contextLength]) => {
      return agreesOn(candidate, randomBytes(length), randomBytes(contextLength));
    });
  } catch {
    return false;
  }
}

function agreesOn(candidate: Cipher, plaintext: Uint8Array, context: Uint8Array): boolean {
  const [key, nonce] = [randomBytes(32), randomBytes(12)];
  const expected = new Uint8Array(plaintext.length + TAG_LENGTH);
  portableCipher.encrypt(key, nonce, context, plaintext, expected);
  const sealed = new Uint8Array(expected.length);
  candidate.encrypt(key, nonce, context, plaintext, sealed);
  if (!equalBytes(sealed, expected)) return false;
  const opened = new Uint8Array(plaintext.length);
  candidate.decrypt(key, nonce, context, sealed, opened);
  if (!equalBytes(opened, plaintext)) return false;
  return [0, plaintext.length, sealed.length - 1].every((place) => {
    const changed = changedAt(sealed, place);
    return refuses(candidate, key, nonce, context, changed);
  }) && (context.length === 0 || refuses(candidate, key, nonce, changedAt(context, 0), sealed));
}

function changedAt(bytes: Uint8Array, place: number): Uint8Array {
  return bytes.map((byte, i) => i === place ? byte ^ 1 : byte);
}

function refuses(
  candidate: Cipher,
  key: Uint8Array,
  nonce: Uint8Array,
  context: Uint8Array,
  sealed: Uint8Array,
): boolean {
  const into = new Uint8Array(sealed.length - TAG_LENGTH);
  try {
    candidate.decrypt(key, nonce, context, sealed, into);
    return false;
  } catch {
    return into.every((byte) => byte === 0);
  }
}
