/**
 * The key encryption key, behind a handle that wraps and unwraps but never shows it.
 *
 * @module
 */
import { KEY_LENGTH, open, seal } from "../../crypto/aead.ts";
import { steadyCopy, toHex, utf8, wipe } from "../../crypto/bytes.ts";
import { hkdfSha256 } from "../../crypto/kdf.ts";
import { hasCode, VaultError } from "../../errors.ts";

/**
 * A KEK that can be used and not read. Wherever the key is held, the vault sees only this.
 */
export interface KekHandle {
  /** Commits to the key and the vault: 32 hexadecimal digits. */
  readonly kekId: string;
  /** Seals a 32-byte key, bound to `context`. The caller wipes `key`. */
  wrap(key: Uint8Array, context: Uint8Array): Promise<Uint8Array>;
  /**
   * Reverses {@linkcode KekHandle.wrap}. The caller wipes the result.
   *
   * @throws {VaultError} `INTEGRITY` if anything differs.
   */
  unwrap(wrapped: Uint8Array, context: Uint8Array): Promise<Uint8Array>;
  /** Prepares to wrap keys anew under the KEK `next`, 32 bytes, which is copied. The caller closes the result. */
  rewrapper(next: Uint8Array): Promise<Rewrapper>;
  /** Wipes the key. Every later call fails with `LOCKED`. */
  close(): void;
}

/** A wrapped key that is to be wrapped anew. */
export interface Rewrap {
  /** The key, wrapped by the present KEK. */
  readonly wrapped: Uint8Array;
  /** What it is bound to. */
  readonly from: Uint8Array;
  /** What it is to be bound to. */
  readonly to: Uint8Array;
}

/** Wraps keys anew under another KEK, many at a time. */
export interface Rewrapper {
  /** The keys of `batch` under the other KEK, in its order; `undefined` for one that was not authentic. */
  rewrap(batch: readonly Rewrap[]): Promise<(Uint8Array | undefined)[]>;
  /** Wipes its copy of the other KEK. Every later call fails with `LOCKED`. */
  close(): void;
}

/**
 * The id of a KEK in a vault: HKDF-SHA-256 with the KEK as key material, the vault id as salt and
 * `aivault/v3/kek-id` as info, 16 bytes, in hexadecimal. It tells a wrong key before
 * anything is read or written with it, and says nothing about the key.
 */
export function kekIdOf(kek: Uint8Array, vaultId: string): string {
  return toHex(hkdfSha256(kek, utf8(vaultId), utf8("aivault/v3/kek-id"), 16));
}

/** Whether two kekIds are the same, in time that depends on the lengths alone. */
export function sameKekId(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/**
 * Holds a copy of `kek` in this process.
 *
 * @param kekId Its id, where that was computed already.
 * @throws {RangeError} if `kek` has not 32 bytes.
 */
export function holdKek(
  kek: Uint8Array,
  vaultId: string,
  kekId: string = kekIdOf(kek, vaultId),
): KekHandle {
  if (kek.length !== KEY_LENGTH) throw new RangeError(`a KEK has ${KEY_LENGTH} bytes`);
  let held: Uint8Array | undefined = steadyCopy(kek);
  const key = (): Uint8Array => {
    if (held !== undefined) return held;
    throw new VaultError("LOCKED", "use the vault's key", "the vault was closed");
  };
  return {
    kekId,
    // async, so that a failure is always a rejection and never a throw.
    wrap: async (dek, context) => seal(key(), dek, context),
    unwrap: async (wrapped, context) => open(key(), wrapped, context),
    async rewrapper(next) {
      key();
      return holdRewrapper(key, next);
    },
    close() {
      wipe(held);
      held = undefined;
    },
  };
}

function holdRewrapper(present: () => Uint8Array, next: Uint8Array): Rewrapper {
  let held: Uint8Array | undefined = steadyCopy(next);
  return {
    async rewrap(batch) {
      if (held === undefined) throw new VaultError("LOCKED", "wrap keys anew", "it was closed");
      const to = held;
      // One place for every key of the batch, one after the other: fewer copies, and fewer arrays.
      const key = new Uint8Array(KEY_LENGTH);
      try {
        return batch.map((each) => rewrapOne(present(), to, each, key));
      } finally {
        wipe(key);
      }
    },
    close() {
      wipe(held);
      held = undefined;
    },
  };
}

function rewrapOne(
  present: Uint8Array,
  next: Uint8Array,
  each: Rewrap,
  key: Uint8Array,
): Uint8Array | undefined {
  try {
    open(present, each.wrapped, each.from, key);
  } catch (error) {
    if (hasCode(error, "INTEGRITY")) return undefined;
    throw error;
  }
  return seal(next, key, each.to);
}
