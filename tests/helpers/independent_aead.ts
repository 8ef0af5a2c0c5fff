/**
 * XChaCha20-Poly1305 once more, slowly and in few lines, from draft-irtf-cfrg-xchacha-03 and RFC 8439: so that what
 * the program seals is opened by code that is not its own.
 *
 * @module
 */
import assert from "node:assert/strict";

const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];
const QUARTERS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

function words(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

function bytesOf(numbers: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, i) => view.setUint32(4 * i, number >>> 0, true));
  return new Uint8Array(view.buffer);
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Bytes in the order of RFC 8439, the least significant first. */
function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function leastBytes(number: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((number >> BigInt(8 * i)) & 0xffn));
}

/** The twenty rounds of RFC 8439 section 2.3 on a copy of `state`. */
function rounds(state: readonly number[]): number[] {
  const s = [...state];
  const at = (i: number): number => s[i] ?? 0;
  const mix = (a: number, b: number, d: number, bits: number): void => {
    s[a] = (at(a) + at(b)) >>> 0;
    const x = at(d) ^ at(a);
    s[d] = ((x << bits) | (x >>> (32 - bits))) >>> 0;
  };
  for (let round = 0; round < 10; round++) {
    for (const [a, b, c, d] of QUARTERS) {
      mix(a, b, d, 16);
      mix(c, d, b, 12);
      mix(a, b, d, 8);
      mix(c, d, b, 7);
    }
  }
  return s;
}

/** HChaCha20: draft-irtf-cfrg-xchacha-03 section 2.2. */
export function hchacha20(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const s = rounds([...CONSTANTS, ...words(key), ...words(nonce)]);
  return bytesOf([...s.slice(0, 4), ...s.slice(12)]);
}

function block(key: Uint8Array, counter: number, nonce: Uint8Array): Uint8Array {
  const state = [...CONSTANTS, ...words(key), counter, ...words(nonce)];
  return bytesOf(rounds(state).map((word, i) => word + (state[i] ?? 0)));
}

/** RFC 8439 section 2.5. */
function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const r = numberOf(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let i = 0; i < message.length; i += 16) {
    const piece = join(message.subarray(i, i + 16), new Uint8Array([1]));
    sum = (sum + numberOf(piece)) * r % ((1n << 130n) - 5n);
  }
  return leastBytes(sum + numberOf(key.subarray(16)), 16);
}

function padded(bytes: Uint8Array): Uint8Array {
  return join(bytes, new Uint8Array((16 - bytes.length % 16) % 16));
}

/** Opens `nonce ‖ ciphertext ‖ tag`. It throws if the tag is wrong. */
export function openXChaCha(
  key: Uint8Array,
  sealed: Uint8Array,
  context: Uint8Array,
): Uint8Array {
  const ciphertext = new Uint8Array(sealed.subarray(24, -16));
  const subkey = hchacha20(key, new Uint8Array(sealed.subarray(0, 16)));
  const nonce = join(new Uint8Array(4), sealed.subarray(16, 24));
  const lengths = [context, ciphertext].map(({ length }) => leastBytes(BigInt(length), 8));
  const message = join(padded(context), padded(ciphertext), ...lengths);
  const tag = poly1305(block(subkey, 0, nonce).subarray(0, 32), message);
  assert.deepEqual([...tag], [...sealed.subarray(-16)], "the tag");
  const streams = Array.from(
    { length: Math.ceil(ciphertext.length / 64) },
    (_, i) => block(subkey, 1 + i, nonce),
  );
  return ciphertext.map((byte, i) => byte ^ (streams[i >> 6]?.[i & 63] ?? 0));
}
