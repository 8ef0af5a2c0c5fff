/**
 * The one encoding of everything that is hashed, authenticated or bound: two lists give the
 * same bytes only if they have as many fields, and the same bytes in each.
 *
 * @module
 */
import { utf8 } from "./bytes.ts";

/** The version of the encoding: the first byte of its output. */
export const CONTEXT_VERSION = 3;

/** What a field may be. Numbers are written in decimal, `null` as an empty field. */
export type ContextField = string | number | null | Uint8Array;

/**
 * Encodes `fields` without ambiguity: the version byte, then each field as
 * `length (u32 big-endian) ‖ bytes`. Text is UTF-8.
 *
 * The kind of a field is not written: `7` and `"7"` give the same bytes, as do `null` and `""`. So
 * a position keeps to one kind, text is well-formed, and where `null` is told from text, the
 * text is never empty. A list of variable length has to be preceded by its count.
 *
 * @throws {RangeError} if a number is not a safe integer: it would not read back.
 */
export function encodeContext(fields: readonly ContextField[]): Uint8Array {
  return withContext(fields, (encoded) => encoded.slice());
}

// On some engines an array costs more than the encoding, and most encodings are short and needed for one call.
// Nothing secret is ever encoded, so what was may stay in the array.
const SHARED_LENGTH = 2_048;
let shared: Uint8Array | undefined = new Uint8Array(SHARED_LENGTH);

/**
 * Lends the bytes of {@linkcode encodeContext} to `use`: they are overwritten after it, so nothing may keep them.
 *
 * @returns What `use` returns.
 * @throws {RangeError} as `encodeContext` does.
 */
export function withContext<T>(
  fields: readonly ContextField[],
  use: (encoded: Uint8Array) => T,
): T {
  let most = 1;
  for (const field of fields) most += 4 + room(field);
  if (most > SHARED_LENGTH || shared === undefined) {
    const own = new Uint8Array(most);
    return use(own.subarray(0, encode(fields, own)));
  }
  const lent = shared;
  // Taken away while it is lent, so that an encoding within `use` gets an array of its own.
  shared = undefined;
  try {
    return use(lent.subarray(0, encode(fields, lent)));
  } finally {
    shared = lent;
  }
}

function encode(fields: readonly ContextField[], target: Uint8Array): number {
  target[0] = CONTEXT_VERSION;
  let offset = 1;
  for (const field of fields) {
    const length = write(field, target, offset + 4);
    writeLength(length, target, offset);
    offset += 4 + length;
  }
  return offset;
}

/** The most bytes that `field` can take: UTF-8 needs at most three for a unit of UTF-16. */
function room(field: ContextField): number {
  if (field === null) return 0;
  if (typeof field === "number") return 20;
  return typeof field === "string" ? 3 * field.length : field.length;
}

function write(field: ContextField, target: Uint8Array, offset: number): number {
  if (field === null) return 0;
  if (typeof field === "string") return writeText(field, target, offset);
  if (typeof field === "number") {
    if (Number.isSafeInteger(field)) return writeText(String(field), target, offset);
    throw new RangeError("a context number must be a safe integer");
  }
  target.set(field, offset);
  return field.length;
}

// Almost every text here is short ASCII, for which a loop is several times faster than an encoder.
function writeText(text: string, target: Uint8Array, offset: number): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) {
      const bytes = utf8(text);
      target.set(bytes, offset);
      return bytes.length;
    }
    target[offset + i] = unit;
  }
  return text.length;
}

function writeLength(length: number, target: Uint8Array, offset: number): void {
  target[offset] = length >>> 24;
  target[offset + 1] = length >>> 16;
  target[offset + 2] = length >>> 8;
  target[offset + 3] = length;
}
