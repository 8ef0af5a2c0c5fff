/**
 * SHA-256 (FIPS 180-4), and which code computes it in this process.
 *
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as portable } from "@noble/hashes/sha2.js";
import type { CHash, Hash } from "@noble/hashes/utils.js";
import { equalBytes, toHex, utf8 } from "./bytes.ts";

/** A message that is being hashed: what @noble/hashes asks of one. */
export interface Sha256State extends Hash<Sha256State> {}

/** SHA-256 as HMAC and HKDF of @noble/hashes are built on it: `createHasher` makes one of a {@linkcode Sha256State}. */
export type Sha256 = CHash<Sha256State>;

/** The SHA-256 that runs wherever JavaScript does. */
export const portableSha256: Sha256 = portable;

let chosen = portableSha256;

/** The SHA-256 of this process. */
export function processSha256(): Sha256 {
  return chosen;
}

/**
 * Makes `candidate` the SHA-256 of this process, if HMAC on top of it gives a known answer that asks for all that is used
 * of it. To ask {@linkcode portableSha256} instead would cost a short process most of what the candidate saves.
 *
 * @returns Whether it does; if not, nothing is changed.
 */
export function chooseSha256(candidate: Sha256): boolean {
  if (!knowsTheAnswer(candidate)) return false;
  chosen = candidate;
  return true;
}

/** RFC 4231 section 4.8: a key and a message that are longer than a block. */
const KEY_LENGTH = 131;
const MESSAGE =
  "This is a test using a larger than block-size key and a larger than block-size data. " +
  "The key needs to be hashed before being used by the HMAC algorithm.";
const TAG = "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2";

// By a copy, twice, and in two parts: a prepared key is not to be changed by the messages that it is used for.
function knowsTheAnswer(candidate: Sha256): boolean {
  const [key, message] = [new Uint8Array(KEY_LENGTH).fill(0xaa), utf8(MESSAGE)];
  try {
    const prepared = hmac.create(candidate, key);
    let copy = prepared._cloneInto();
    const first = copy.update(message).digest();
    copy = prepared._cloneInto(copy);
    const second = copy.update(message.subarray(0, 70)).update(message.subarray(70)).digest();
    prepared.destroy();
    return toHex(first) === TAG && equalBytes(first, second);
  } catch {
    return false;
  }
}
