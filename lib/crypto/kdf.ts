/**
 * Hashes and key derivation: SHA-256, HMAC (RFC 2104) and HKDF (RFC 5869).
 *
 * @module
 */
import { hkdf } from "@noble/hashes/hkdf.js";
import { type _HMAC as KeyedHash, hmac } from "@noble/hashes/hmac.js";
import { processSha256, type Sha256, type Sha256State } from "./sha256.ts";

/** SHA-256 of `message`: 32 bytes. */
export function sha256(message: Uint8Array): Uint8Array {
  return processSha256()(message);
}

/** HMAC-SHA-256 (RFC 2104): 32 bytes. */
export function hmacSha256(key: Uint8Array | HmacKey, message: Uint8Array): Uint8Array {
  return key instanceof HmacKey ? key.mac(message) : hmac(processSha256(), key, message);
}

// A new one for each message would cost more, on some engines, than the hash of a short message does. The library wipes it
// at the end of each.
let worker: { readonly hash: Sha256; state?: KeyedHash<Sha256State> } | undefined;

/**
 * A key of HMAC-SHA-256 that is prepared once, for many messages. What it holds is as good as the key: its owner
 * calls `destroy`.
 */
export class HmacKey {
  readonly #hash = processSha256();
  readonly #prepared: KeyedHash<Sha256State>;

  /** Prepares `key`, of any length, which is neither changed nor kept. */
  constructor(key: Uint8Array) {
    this.#prepared = hmac.create(this.#hash, key);
  }

  /**
   * {@linkcode hmacSha256} of `message` under this key: 32 bytes.
   *
   * @throws {Error} after `destroy`.
   */
  mac(message: Uint8Array): Uint8Array {
    if (worker?.hash !== this.#hash) worker = { hash: this.#hash };
    worker.state = this.#prepared._cloneInto(worker.state);
    const tag = new Uint8Array(worker.state.outputLen);
    worker.state.update(message).digestInto(tag);
    return tag;
  }

  /** Wipes what was prepared. */
  destroy(): void {
    this.#prepared.destroy();
  }
}

/**
 * HKDF-SHA-256, extract then expand (RFC 5869 section 2).
 *
 * @param length Bytes to derive, at most 8,160 (255 blocks of 32).
 * @throws {Error} if `length` is larger.
 */
export function hkdfSha256(
  keyMaterial: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  return hkdf(processSha256(), keyMaterial, salt, info, length);
}
