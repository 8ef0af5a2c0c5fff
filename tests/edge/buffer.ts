/**
 * What the core's tests use of `node:buffer`, where there is no Node: encodings by the platform's own means, so that
 * they stay an independent source for what the core computes. The core itself is never given one.
 *
 * @module
 */

type Encoding = "utf8" | "hex" | "base64" | "base64url" | "ascii";

/** Uint8Array without its static methods, which Node's Buffer has otherwise. */
const Bytes: new (length: number) => Uint8Array<ArrayBuffer> = Uint8Array;

/** Bytes with text encodings. */
export class Buffer extends Bytes {
  /** The bytes of a text or of other bytes. */
  static from(source: string | ArrayLike<number>, encoding?: Encoding): Buffer {
    const bytes = typeof source === "string" ? decode(source, encoding) : Uint8Array.from(source);
    const buffer = new Buffer(bytes.length);
    buffer.set(bytes);
    return buffer;
  }

  /** The bytes of all `parts`. */
  static concat(parts: readonly Uint8Array[]): Buffer {
    return Buffer.from(parts.flatMap((part) => [...part]));
  }

  /** Whether `other` has the same bytes. */
  equals(other: Uint8Array): boolean {
    return this.length === other.length && this.every((byte, i) => byte === other[i]);
  }

  /** The big-endian number at `offset`. */
  readUInt32BE(offset = 0): number {
    return new DataView(this.buffer, this.byteOffset).getUint32(offset);
  }

  /** The byte at `offset`. */
  readUInt8(offset = 0): number {
    return new DataView(this.buffer, this.byteOffset).getUint8(offset);
  }

  override toString(encoding: Encoding = "utf8", start = 0, end: number = this.length): string {
    const part = new Uint8Array(this).slice(start, end);
    const binary = () => Array.from(part, (byte) => String.fromCharCode(byte)).join("");
    switch (encoding) {
      case "hex":
        return Array.from(part, (byte) => byte.toString(16).padStart(2, "0")).join("");
      case "base64":
        return btoa(binary());
      case "base64url":
        return btoa(binary()).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
      case "ascii":
        return binary().replace(/[\x80-\xff]/g, (c) => String.fromCharCode(c.charCodeAt(0) & 127));
      default:
        return new TextDecoder("utf-8", { ignoreBOM: true }).decode(part);
    }
  }
}

function decode(text: string, encoding: Encoding = "utf8"): Uint8Array {
  if (encoding === "utf8") return new TextEncoder().encode(text);
  if (encoding === "hex") {
    const pairs = /^(?:[0-9a-f]{2})*/i.exec(text)?.[0].match(/../g) ?? [];
    return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
  }
  // Node reads both alphabets, skips what belongs to neither and stops at padding.
  const digits = (text.split("=")[0] ?? "").replaceAll("-", "+").replaceAll("_", "/")
    .replace(/[^A-Za-z0-9+/]/g, "");
  const whole = digits.length % 4 === 1 ? digits.slice(0, -1) : digits;
  return Uint8Array.from(atob(whole), (character) => character.charCodeAt(0));
}
