import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import { hchacha } from "@noble/ciphers/chacha.js";
import { KEY_LENGTH, NONCE_LENGTH, seal, sealWithNonce } from "../../lib/crypto/aead.ts";
import { portableCipher } from "../../lib/crypto/cipher.ts";
import { aeadContract, draft } from "../contract/aead.ts";
import { hex } from "../helpers/vectors.ts";

test("hchacha(), below seal() and open(), gives the subkey of draft-irtf-cfrg-xchacha-03 section 2.2.1", () => {
  const words = (text: string) => {
    const view = new DataView(hex(text).buffer);
    return Uint32Array.from({ length: view.byteLength / 4 }, (_, i) => view.getUint32(4 * i, true));
  };
  const key = words("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  const input = words("000000090000004a0000000031415927");
  const sigma = words(Buffer.from("expand 32-byte k").toString("hex"));
  const subkey = new Uint32Array(8);
  hchacha(sigma, key, input, subkey);
  assert.deepEqual(
    subkey,
    words("82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"),
  );
});

/** Runs `action`, and gives what it had from Web Crypto, cut into nonces, as hexadecimal. */
function drawn(action: () => void): string[] {
  const nonces: string[] = [];
  const getRandomValues = crypto.getRandomValues.bind(crypto);
  Object.defineProperty(crypto, "getRandomValues", {
    configurable: true,
    value: (array: Uint8Array<ArrayBuffer>) => {
      const given = Buffer.from(getRandomValues(array));
      for (let i = 0; i < given.length; i += NONCE_LENGTH) {
        nonces.push(given.toString("hex", i, i + NONCE_LENGTH));
      }
      return array;
    },
  });
  try {
    action();
  } finally {
    Reflect.deleteProperty(crypto, "getRandomValues");
  }
  return nonces;
}

test("seal() takes its nonces from Web Crypto and never one of them twice", () => {
  const used: string[] = [];
  const given = drawn(() => {
    for (let i = 0; i < 1_000; i++) {
      const sealed = seal(draft.key, draft.plaintext, draft.context);
      used.push(Buffer.from(sealed.subarray(0, NONCE_LENGTH)).toString("hex"));
    }
  });
  assert.equal(new Set(used).size, 1_000);
  // The first few may have been drawn beforehand; from then on they come in the order drawn.
  const first = used.indexOf(given[0] ?? "");
  assert.ok(first >= 0 && first < 500, "the nonces are not those of Web Crypto");
  assert.deepEqual(used.slice(first), given.slice(0, 1_000 - first));
});

test("seal() refuses a key that has not 32 bytes", () => {
  for (const length of [0, 16, KEY_LENGTH - 1, KEY_LENGTH + 1]) {
    const key = new Uint8Array(length);
    assert.throws(() => seal(key, draft.plaintext, draft.context), RangeError);
  }
});

test("sealWithNonce() refuses a nonce that has not 24 bytes", () => {
  for (const length of [0, 12, NONCE_LENGTH - 1, NONCE_LENGTH + 1]) {
    const nonce = new Uint8Array(length);
    assert.throws(
      () => sealWithNonce(draft.key, nonce, draft.plaintext, draft.context),
      RangeError,
    );
  }
});

aeadContract("the portable cipher", portableCipher);
