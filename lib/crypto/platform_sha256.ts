/**
 * SHA-256 by a hasher of the platform's own.
 *
 * @module
 */
import { createHasher } from "@noble/hashes/utils.js";
import type { Sha256, Sha256State } from "./sha256.ts";

/** A hasher of SHA-256 that the platform provides. */
export interface PlatformHasher {
  /** Absorbs `bytes`. */
  update(bytes: Uint8Array): unknown;
  /** Another one that has absorbed the same. */
  copy(): PlatformHasher;
  /** The digest of all that was absorbed, 32 bytes, and begins anew. */
  digest(): Uint8Array;
}

/** SHA-256 as the hashers that `begin` makes compute it, for `chooseSha256`. */
export function platformSha256(begin: () => PlatformHasher): Sha256 {
  return createHasher<Sha256State>(() => new PlatformState(begin()));
}

// One less than a block, so that it is kept for a block to come, in the place of what was kept there.
const ZEROS = new Uint8Array(63);

class PlatformState implements Sha256State {
  readonly blockLen = 64;
  readonly outputLen = 32;
  readonly canXOF = false;
  #hasher: PlatformHasher;

  constructor(hasher: PlatformHasher) {
    this.#hasher = hasher;
  }

  update(bytes: Uint8Array): this {
    this.#hasher.update(bytes);
    return this;
  }

  digestInto(into: Uint8Array): void {
    const digest = this.#hasher.digest();
    into.set(digest);
    digest.fill(0);
    this.#hasher.update(ZEROS);
  }

  digest(): Uint8Array<ArrayBuffer> {
    const digest = new Uint8Array(this.outputLen);
    this.digestInto(digest);
    return digest;
  }

  destroy(): void {
    this.#hasher.digest().fill(0);
    this.#hasher.update(ZEROS);
  }

  clone(): PlatformState {
    return this._cloneInto();
  }

  _cloneInto(to?: Sha256State): PlatformState {
    const copy = this.#hasher.copy();
    if (!(to instanceof PlatformState)) return new PlatformState(copy);
    to.#hasher = copy;
    return to;
  }
}
