/**
 * ChaCha20-Poly1305 as the runtime's own cryptographic library computes it.
 *
 * @module
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { chooseCipher, type Cipher, TAG_LENGTH } from "../../lib/crypto/cipher.ts";

const NAME = "chacha20-poly1305";
const OPTIONS = { authTagLength: TAG_LENGTH };

/** The cipher of `node:crypto`: OpenSSL's on Node, AWS-LC's on Deno. */
export const nativeCipher: Cipher = {
  encrypt(key, nonce, context, plaintext, into) {
    const cipher = createCipheriv(NAME, key, nonce, OPTIONS);
    cipher.setAAD(context, { plaintextLength: plaintext.length });
    into.set(cipher.update(plaintext));
    cipher.final();
    into.set(cipher.getAuthTag(), plaintext.length);
  },
  decrypt(key, nonce, context, sealed, into) {
    const decipher = createDecipheriv(NAME, key, nonce, OPTIONS);
    decipher.setAAD(context, { plaintextLength: into.length });
    decipher.setAuthTag(sealed.subarray(into.length));
    // What comes before the tag is checked is nobody's yet.
    const unproven = decipher.update(sealed.subarray(0, into.length));
    try {
      decipher.final();
      into.set(unproven);
    } finally {
      unproven.fill(0);
    }
  },
};

/**
 * Has this process compute ChaCha20-Poly1305 with the runtime's own library, if it has one that gives the same bytes as
 * the portable cipher for random messages, and refuses what that refuses. What is sealed and what is opened stays the
 * same, and takes less time. It is for programs that open or seal very many secrets: a few are not worth the time to
 * load it.
 *
 * Node and Deno have one, Bun has none.
 *
 * @returns Whether it does from now on; if not, the portable cipher does.
 * @example
 * ```ts
 * import { useNativeCipher } from "@aivault/cli/providers";
 * import { MemoryStore, Vault } from "@aivault/cli";
 *
 * const isNative = useNativeCipher();
 * const kek = crypto.getRandomValues(new Uint8Array(32));
 * const vault = await Vault.init({ store: new MemoryStore(), kek });
 * await vault.create({ name: "TOKEN", value: new TextEncoder().encode("s3cret") });
 * await vault.close();
 * console.log(isNative ? "the runtime's cipher" : "the portable cipher");
 * ```
 */
export function useNativeCipher(): boolean {
  return chooseCipher(nativeCipher);
}
