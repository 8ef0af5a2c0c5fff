/**
 * Keys that a rotation is wrapping DEKs under, before the agent knows whether it was stored.
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import { holdKek, type KekHandle, type Rewrapper } from "../vault/keys/kek.ts";
import type { Clock } from "./clock.ts";

/** A prepared key is wiped when it was not used for so long: a minute. */
export const KEEP_MS = 60_000;

/** A rotation that is done wrapping stores it within this time: 10 seconds. */
export const SETTLE_MS = 10_000;

/** More rotations than this do not go on at once; the one that began first is given up. */
export const MAX_NEXT = 4;

interface NextKey {
  readonly handle: KekHandle;
  readonly rewrapper: Rewrapper;
  cancel: () => void;
}

/** A few keys by their ids, each for a short time. */
export class NextKeys {
  readonly #clock: Clock;
  readonly #keys = new Map<string, NextKey>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Holds a copy of `kek`, to wrap anew what `present` wrapped. */
  async prepare(present: KekHandle, kek: Uint8Array, vaultId: string): Promise<void> {
    const handle = holdKek(kek, vaultId);
    const rewrapper = await present.rewrapper(kek);
    this.#drop(handle.kekId);
    const [oldest] = this.#keys.keys();
    if (this.#keys.size >= MAX_NEXT && oldest !== undefined) this.#drop(oldest);
    this.#keys.set(handle.kekId, { handle, rewrapper, cancel: this.#dropAfter(handle, KEEP_MS) });
  }

  /**
   * Wraps under the key of this id.
   *
   * @throws {VaultError} `NOT_FOUND` if it is not held.
   */
  rewrapper(kekId: string): Rewrapper {
    const next = this.#keys.get(kekId);
    if (next === undefined) {
      throw new VaultError("NOT_FOUND", "wrap a key anew", "the new key was not prepared");
    }
    next.cancel();
    next.cancel = this.#dropAfter(next.handle, KEEP_MS);
    return next.rewrapper;
  }

  /** No more will be wrapped under this key. For a while it can still be taken. */
  forgetSoon(kekId: string): void {
    const next = this.#keys.get(kekId);
    if (next === undefined) return;
    next.cancel();
    next.cancel = this.#dropAfter(next.handle, SETTLE_MS);
  }

  /** The handle of this key, which is the caller's from now on; every other key is wiped. */
  take(kekId: string): KekHandle | undefined {
    const next = this.#keys.get(kekId);
    if (next === undefined) return undefined;
    next.cancel();
    next.rewrapper.close();
    this.#keys.delete(kekId);
    this.clear();
    return next.handle;
  }

  /** Wipes every key. */
  clear(): void {
    for (const kekId of [...this.#keys.keys()]) this.#drop(kekId);
  }

  #dropAfter(handle: KekHandle, ms: number): () => void {
    return this.#clock.after(ms, () => this.#drop(handle.kekId));
  }

  #drop(kekId: string): void {
    const next = this.#keys.get(kekId);
    if (next === undefined) return;
    next.cancel();
    next.rewrapper.close();
    next.handle.close();
    this.#keys.delete(kekId);
  }
}
