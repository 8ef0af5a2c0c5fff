/**
 * Sealing to a public key: HPKE (RFC 9180), base mode, with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and
 * AES-256-GCM. Whoever seals needs no secret, so nothing that was known before opens what is sealed later.
 *
 * @module
 */
import type { CipherSuite } from "@hpke/core";
import { VaultError } from "../errors.ts";
import { concat } from "./bytes.ts";

/** Bytes in a public key. */
export const PUBLIC_KEY_LENGTH = 32;
/** Bytes that sealing adds: the encapsulated key (32) and the tag (16). */
export const HPKE_OVERHEAD = 48;

const ENCAPSULATED_LENGTH = 32;

// Loaded when it is first used: most runs of the program never seal to a public key.
async function loadSuite(): Promise<CipherSuite> {
  const { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } = await import("@hpke/core");
  return new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  });
}

/**
 * The public key of the key pair that `seed` stands for: DeriveKeyPair of RFC 9180 section 7.1.3.
 *
 * @param seed 32 random bytes. Not changed, not kept.
 */
export async function hpkePublicKey(seed: Uint8Array): Promise<Uint8Array> {
  const suite = await loadSuite();
  const { publicKey } = await suite.kem.deriveKeyPair(seed);
  return new Uint8Array(await suite.kem.serializePublicKey(publicKey));
}

/**
 * Encrypts `plaintext` for the holder of the seed behind `publicKey`, bound to `info` and `context`.
 *
 * Layout: `encapsulated key (32) ‖ ciphertext (as long as the plaintext) ‖ tag (16)`. It does not say who
 * sealed: whoever can write the vault can seal something else.
 *
 * @throws {VaultError} `INTEGRITY` if `publicKey` is not a public key.
 */
export async function hpkeSeal(
  publicKey: Uint8Array,
  plaintext: Uint8Array,
  info: Uint8Array,
  context: Uint8Array,
): Promise<Uint8Array> {
  const suite = await loadSuite();
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(publicKey);
    const { enc, ct } = await suite.seal({ recipientPublicKey, info }, plaintext, context);
    return concat(new Uint8Array(enc), new Uint8Array(ct));
  } catch (error) {
    throw new VaultError("INTEGRITY", "seal to a public key", "it is no public key", {
      cause: error,
    });
  }
}

/**
 * Reverses {@linkcode hpkeSeal}. The caller wipes the result.
 *
 * @throws {VaultError} `INTEGRITY` if the seed, the info, the context or any byte differs.
 */
export async function hpkeOpen(
  seed: Uint8Array,
  sealed: Uint8Array,
  info: Uint8Array,
  context: Uint8Array,
): Promise<Uint8Array> {
  const suite = await loadSuite();
  const recipientKey = await suite.kem.deriveKeyPair(seed);
  try {
    const enc = sealed.slice(0, ENCAPSULATED_LENGTH);
    const ciphertext = sealed.slice(ENCAPSULATED_LENGTH);
    return new Uint8Array(await suite.open({ recipientKey, enc, info }, ciphertext, context));
  } catch {
    throw new VaultError("INTEGRITY", "open sealed data", "authentication failed");
  }
}
