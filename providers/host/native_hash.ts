/**
 * SHA-256 as the runtime's own cryptographic library computes it.
 *
 * @module
 */
import { type PlatformHasher, platformSha256 } from "../../lib/crypto/platform_sha256.ts";
import { chooseSha256, type Sha256 } from "../../lib/crypto/sha256.ts";

interface Bun {
  readonly CryptoHasher: new (algorithm: string) => PlatformHasher;
}

/** The SHA-256 of Bun; `undefined` on another runtime. */
export function nativeSha256(): Sha256 | undefined {
  const bun = (globalThis as { readonly Bun?: Bun }).Bun;
  return bun === undefined ? undefined : platformSha256(() => new bun.CryptoHasher("sha256"));
}

/**
 * Has this process compute SHA-256, and so HMAC and HKDF, with the library of Bun, if that gives a known answer. What is
 * computed stays the same, and takes less time.
 *
 * On Node and Deno nothing changes: asking their libraries takes about as long as computing it.
 *
 * @returns Whether it does from now on; if not, the portable SHA-256 does.
 * @example
 * ```ts
 * import { useNativeHash } from "@aivault/cli/providers";
 * import { MemoryStore, Vault } from "@aivault/cli";
 *
 * const isNative = useNativeHash();
 * const kek = crypto.getRandomValues(new Uint8Array(32));
 * const vault = await Vault.init({ store: new MemoryStore(), kek });
 * await vault.create({ name: "TOKEN", value: new TextEncoder().encode("s3cret") });
 * await vault.close();
 * console.log(isNative ? "Bun's SHA-256" : "the portable SHA-256");
 * ```
 */
export function useNativeHash(): boolean {
  const native = nativeSha256();
  return native !== undefined && chooseSha256(native);
}
