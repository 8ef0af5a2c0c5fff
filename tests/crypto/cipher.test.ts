import assert from "node:assert/strict";
import test from "node:test";
import { chooseCipher, type Cipher, cipher, portableCipher } from "../../lib/crypto/cipher.ts";

/** The portable cipher with one fault. */
function faulty(fault: Partial<Cipher>): Cipher {
  return { ...portableCipher, ...fault };
}

const { encrypt, decrypt } = portableCipher;

function refused(candidate: Cipher): void {
  assert.equal(chooseCipher(candidate), false);
  assert.equal(cipher(), portableCipher);
}

test("cipher() is the portable one until another is chosen", () => {
  assert.equal(cipher(), portableCipher);
  const other = faulty({});
  assert.equal(chooseCipher(other), true);
  assert.equal(cipher(), other);
  assert.equal(chooseCipher(portableCipher), true);
});

test("chooseCipher() refuses a cipher that the runtime does not have", () => {
  const unknown = () => {
    throw new TypeError("Unknown cipher");
  };
  refused(faulty({ encrypt: unknown, decrypt: unknown }));
});

test("chooseCipher() refuses one that computes anything else, if only for long messages", () => {
  refused(faulty({ encrypt: (_key, _nonce, _context, plaintext, into) => into.set(plaintext) }));
  for (const limit of [0, 16, 64, 4_096]) {
    refused(faulty({
      encrypt(key, nonce, context, plaintext, into) {
        encrypt(key, nonce, context, plaintext, into);
        if (plaintext.length > limit) into[limit] = (into[limit] ?? 0) ^ 1;
      },
    }));
  }
});

test("chooseCipher() refuses one that leaves the context out", () => {
  refused(faulty({
    encrypt: (key, nonce, _, plaintext, into) =>
      encrypt(key, nonce, new Uint8Array(), plaintext, into),
    decrypt: (key, nonce, _, sealed, into) => decrypt(key, nonce, new Uint8Array(), sealed, into),
  }));
});

test("chooseCipher() refuses one that opens what was changed", () => {
  const unchecked: Cipher["decrypt"] = (key, nonce, context, sealed, into) => {
    try {
      decrypt(key, nonce, context, sealed, into);
    } catch {
      // Takes it as it is.
    }
  };
  refused(faulty({ decrypt: unchecked }));
});

test("chooseCipher() refuses one that checks the tag but not the context", () => {
  const expected = new Map<string, Uint8Array>();
  refused(faulty({
    encrypt(key, nonce, context, plaintext, into) {
      encrypt(key, nonce, context, plaintext, into);
      expected.set(String(into), context);
    },
    decrypt(key, nonce, context, sealed, into) {
      decrypt(key, nonce, expected.get(String(sealed)) ?? context, sealed, into);
    },
  }));
});

test("chooseCipher() refuses one that gives plaintext out before it is proven", () => {
  refused(faulty({
    decrypt(key, nonce, context, sealed, into) {
      into.fill(7);
      decrypt(key, nonce, context, sealed, into);
    },
  }));
});

test("chooseCipher() refuses one that opens to something else", () => {
  refused(faulty({
    decrypt(key, nonce, context, sealed, into) {
      decrypt(key, nonce, context, sealed, into);
      if (into.length > 0) into[0] = (into[0] ?? 0) ^ 1;
    },
  }));
});
