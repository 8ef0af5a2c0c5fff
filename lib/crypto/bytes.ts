/**
 * Bytes: joining, comparing, wiping, and their text forms.
 *
 * @module
 */

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 bytes of `text`. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** What platforms put in the place of bytes that are no UTF-8, each by the same character. */
export const REPLACEMENT = "\ufffd";

/** The text of UTF-8 `bytes`; `undefined` if they are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** `length` bytes from the Web Crypto generator; at most 65,536. */
export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** A fresh array holding all `parts` in order. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/**
 * A copy for what is held for long and then wiped. Small arrays live where the garbage collector moves them about
 * and leaves copies; a buffer of its own stays where it is.
 */
export function steadyCopy(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new ArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** Whether `value` is a `Uint8Array`, also of another realm, or of a class made from it. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === BYTES_TAG;
}

const BYTES_TAG = "[object Uint8Array]";

/** Overwrites every array with zeros. The engine may hold copies it made itself. */
export function wipe(...arrays: readonly (Uint8Array | undefined)[]): void {
  for (const array of arrays) {
    // Of a buffer that was given away nothing is left here, and filling it would throw.
    if (array !== undefined && array.length > 0) array.fill(0);
  }
}

/** Whether `a` and `b` hold the same bytes, in time that depends on the lengths alone. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

const HEX_DIGITS = "0123456789abcdef";

/** Lower-case hexadecimal of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX_DIGITS.charAt(byte >> 4) + HEX_DIGITS.charAt(byte & 15);
  return text;
}

/** The bytes of hexadecimal `text`; `undefined` if it is not hexadecimal. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

/** Base64 of `bytes`: standard alphabet, padded (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

const BASE64_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * The bytes of base64 `text`: standard or url alphabet, padded or not (RFC 4648
 * sections 4 and 5); `undefined` if it is anything else, white space and
 * non-zero trailing bits included.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  const match = /^([A-Za-z0-9+/]*|[A-Za-z0-9_-]*)(={0,2})$/.exec(text);
  if (match === null) return undefined;
  const [, digits = "", padding = ""] = match;
  if (digits.length % 4 === 1) return undefined;
  if (padding !== "" && text.length % 4 !== 0) return undefined;
  const standard = digits.replaceAll("-", "+").replaceAll("_", "/");
  // Two texts must not stand for one key, so the bits of the last digit that are no byte's have to be zero.
  const unused = [0, 0, 0b1111, 0b11][standard.length % 4] ?? 0;
  if ((BASE64_DIGITS.indexOf(standard.slice(-1)) & unused) !== 0) return undefined;
  const binary = atob(standard);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
