/**
 * The forms in which a secret could leak: as it is, as hexadecimal, and as base64 wherever it stands in what was
 * encoded.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** Texts of which one must appear in whatever holds `secret` plain, in hexadecimal or in base64. */
export function encodingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  const base64 = [0, 1, 2].map((offset) => base64At(bytes, offset));
  const url = base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  return [...new Set([secret, hex, hex.toUpperCase(), ...base64, ...url])];
}

/** Whether `content` holds `secret` in any form. */
export function holdsSecret(content: string | Uint8Array, secret: string): boolean {
  const bytes = Buffer.from(content);
  return encodingsOf(secret).some((text) => bytes.includes(text));
}

// The characters that depend on the secret alone, if `offset` bytes (modulo 3) stand before it.
function base64At(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
  const first = Math.ceil(offset * 8 / 6);
  const end = Math.floor((offset + bytes.length) * 8 / 6);
  return text.slice(first, end);
}
