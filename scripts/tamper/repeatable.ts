/**
 * Randomness that a name repeats, for vaults that are published. Nothing that is sealed with it is secret.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** Runs `work` while Web Crypto gives the same bytes for the same `name`. */
export async function withRepeatableRandomness<T>(
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  let count = 0;
  const bytes = (length: number): Uint8Array => {
    const blocks = Array.from(
      { length: Math.ceil(length / 32) },
      () => createHash("sha256").update(`aivault tamper kit ${name} ${count++}`).digest(),
    );
    return Uint8Array.from(blocks.flatMap((block) => [...block]).slice(0, length));
  };
  const replace = (member: "getRandomValues" | "randomUUID", value: unknown): void => {
    Object.defineProperty(crypto, member, { value, configurable: true });
  };
  replace("getRandomValues", (array: Uint8Array) => {
    array.set(bytes(array.length));
    return array;
  });
  replace("randomUUID", () => {
    const hex = [...bytes(16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const variant = "89ab"[parseInt(hex[16] ?? "0", 16) & 3];
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      `${variant}${hex.slice(17, 20)}`,
      hex.slice(20),
    ].join("-");
  });
  try {
    return await work();
  } finally {
    Reflect.deleteProperty(crypto, "getRandomValues");
    Reflect.deleteProperty(crypto, "randomUUID");
  }
}
