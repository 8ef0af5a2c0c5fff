/**
 * What `seal` and `open` promise with every cipher, as tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import fc from "fast-check";
import {
  KEY_LENGTH,
  NONCE_LENGTH,
  open,
  seal,
  sealWithNonce,
  TAG_LENGTH,
} from "../../lib/crypto/aead.ts";
import { chooseCipher, type Cipher, portableCipher } from "../../lib/crypto/cipher.ts";
import { VaultError } from "../../lib/errors.ts";
import { hex, readWycheproof, type WycheproofTest } from "../helpers/vectors.ts";

const OVERHEAD = NONCE_LENGTH + TAG_LENGTH;

/** The vector of draft-irtf-cfrg-xchacha-03 appendix A.3.1. */

export const draft = {
  plaintext: hex(`
    4c616469657320616e642047656e746c656d656e206f662074686520636c6173
    73206f66202739393a204966204920636f756c64206f6666657220796f75206f
    6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73
    637265656e20776f756c642062652069742e`),
  context: hex("50515253c0c1c2c3c4c5c6c7"),
  key: hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
  nonce: hex("404142434445464748494a4b4c4d4e4f5051525354555657"),
  ciphertext: hex(`
    bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
    731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
    2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
    21f9664c97637da9768812f615c68b13b52e`),
  tag: hex("c0875924c1c7987947deafd8780acf49"),
};

/** The error that open() throws, which must be the one that says nothing more. */

function refusal(key: Uint8Array, sealed: Uint8Array, context: Uint8Array): VaultError {
  try {
    open(key, sealed, context);
  } catch (error) {
    assert.ok(error instanceof VaultError, `not a VaultError: ${error}`);
    assert.equal(error.code, "INTEGRITY");
    assert.equal(error.message, "open sealed data: authentication failed");
    assert.equal(error.cause, undefined);
    return error;
  }
  assert.fail("open() accepted what it must refuse");
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

const keys = fc.uint8Array({ minLength: KEY_LENGTH, maxLength: KEY_LENGTH });

interface AeadTest extends WycheproofTest {
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
}

const { file, skip } = readWycheproof<{ ivSize: number }, AeadTest>(
  "wycheproof_xchacha20_poly1305.json",
);

/**
 * Runs the suite with `cipher`.
 *
 * @param without Why there is no such cipher here.
 */
export function aeadContract(name: string, cipher: Cipher, without: string | false = false): void {
  const check = (behaviour: string, body: () => void, skip: string | false = without) =>
    test(`${behaviour}, by ${name}`, { skip }, () => {
      assert.ok(chooseCipher(cipher));
      try {
        body();
      } finally {
        chooseCipher(portableCipher);
      }
    });

  check(
    "sealWithNonce() gives nonce, ciphertext and tag of draft-irtf-cfrg-xchacha-03 appendix A.3",
    () => {
      const sealed = sealWithNonce(draft.key, draft.nonce, draft.plaintext, draft.context);
      assert.deepEqual(sealed.subarray(0, NONCE_LENGTH), draft.nonce);
      assert.deepEqual(sealed.subarray(NONCE_LENGTH, -TAG_LENGTH), draft.ciphertext);
      assert.deepEqual(sealed.subarray(-TAG_LENGTH), draft.tag);
    },
  );

  check("open() reads draft-irtf-cfrg-xchacha-03 appendix A.3", () => {
    const sealed = Uint8Array.of(...draft.nonce, ...draft.ciphertext, ...draft.tag);
    assert.deepEqual(open(draft.key, sealed, draft.context), draft.plaintext);
  });

  check(
    "sealWithNonce() and open() agree with the 315 XChaCha20-Poly1305 vectors of Wycheproof",
    () => {
      assert.ok(file);
      const count = { valid: 0, invalidTag: 0, invalidNonce: 0 };
      for (const { ivSize, tests } of file.testGroups) {
        for (const vector of tests) {
          const key = hex(vector.key);
          const nonce = hex(vector.iv);
          const context = hex(vector.aad);
          const message = hex(vector.msg);
          const sealed = Uint8Array.of(...nonce, ...hex(vector.ct), ...hex(vector.tag));
          const name = `tcId ${vector.tcId}: ${vector.comment}`;
          if (vector.result === "valid") {
            count.valid++;
            assert.deepEqual(open(key, sealed, context), message, name);
            assert.deepEqual(sealWithNonce(key, nonce, message, context), sealed, name);
          } else if (ivSize === 8 * NONCE_LENGTH) {
            count.invalidTag++;
            refusal(key, sealed, context);
            assert.notDeepEqual(sealWithNonce(key, nonce, message, context), sealed, name);
          } else {
            count.invalidNonce++;
            refusal(key, sealed, context);
          }
        }
      }
      assert.deepEqual(count, { valid: 246, invalidTag: 60, invalidNonce: 9 });
      assert.equal(file.numberOfTests, 315);
    },
    without || skip,
  );

  check("open() reverses seal() for any key, plaintext and context", () => {
    fc.assert(
      fc.property(keys, bytes(300), bytes(100), (key, plaintext, context) => {
        const sealed = seal(key, plaintext, context);
        assert.equal(sealed.length, plaintext.length + OVERHEAD);
        assert.deepEqual(open(key, sealed, context), plaintext);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  check("open() reverses seal() for a value of 1 MiB", () => {
    const plaintext = new Uint8Array(1_048_576).map((_, i) => i % 251);
    const sealed = seal(draft.key, plaintext, draft.context);
    assert.ok(Buffer.from(open(draft.key, sealed, draft.context)).equals(plaintext));
  });

  check("seal() and open() leave their arguments as they were", () => {
    const given = { ...draft, key: draft.key.slice(), plaintext: draft.plaintext.slice() };
    const sealed = seal(given.key, given.plaintext, given.context);
    const kept = sealed.slice();
    open(given.key, sealed, given.context);
    assert.deepEqual(given, draft);
    assert.deepEqual(sealed, kept);
  });

  check(
    "open() writes into the place it is given, and only what is authentic and exactly as long",
    () => {
      const sealed = seal(draft.key, draft.plaintext, draft.context);
      const place = new Uint8Array(draft.plaintext.length);
      assert.equal(open(draft.key, sealed, draft.context, place), place);
      assert.deepEqual(place, draft.plaintext);
      const refuse = (bytes: Uint8Array, into: Uint8Array) => {
        const before = into.slice();
        const attempt = () => open(draft.key, bytes, draft.context, into);
        assert.throws(attempt, { name: "VaultError", code: "INTEGRITY" });
        assert.deepEqual(into, before);
      };
      refuse(flip(sealed, 8 * NONCE_LENGTH), place);
      refuse(sealed, new Uint8Array(draft.plaintext.length + 1));
      refuse(sealed, new Uint8Array(draft.plaintext.length - 1));
    },
  );

  check("open() refuses a flipped bit anywhere", () => {
    const sealed = seal(draft.key, draft.plaintext.subarray(0, 20), draft.context);
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      refusal(draft.key, flip(sealed, bit), draft.context);
    }
    for (let bit = 0; bit < 8 * draft.key.length; bit++) {
      refusal(flip(draft.key, bit), sealed, draft.context);
    }
    for (let bit = 0; bit < 8 * draft.context.length; bit++) {
      refusal(draft.key, sealed, flip(draft.context, bit));
    }
  });

  check("open() refuses a flipped bit in sealed data of any length", () => {
    fc.assert(
      fc.property(keys, bytes(200), bytes(50), fc.nat(), (key, plaintext, context, at) => {
        const sealed = seal(key, plaintext, context);
        refusal(key, flip(sealed, at % (8 * sealed.length)), context);
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  check("open() refuses another key and another context", () => {
    fc.assert(
      fc.property(keys, keys, bytes(50), bytes(50), (key, otherKey, context, otherContext) => {
        const sealed = seal(key, draft.plaintext, context);
        if (!Buffer.from(key).equals(otherKey)) refusal(otherKey, sealed, context);
        if (!Buffer.from(context).equals(otherContext)) refusal(key, sealed, otherContext);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  check("open() refuses sealed data that was cut short or made longer", () => {
    const sealed = seal(draft.key, draft.plaintext, draft.context);
    for (let length = 0; length < sealed.length; length++) {
      refusal(draft.key, sealed.subarray(0, length), draft.context);
    }
    refusal(draft.key, sealed.subarray(1), draft.context);
    refusal(draft.key, Uint8Array.of(...sealed, 0), draft.context);
  });

  check("open() answers a key of the wrong length as it does a wrong key", () => {
    const sealed = seal(draft.key, draft.plaintext, draft.context);
    for (const length of [0, 16, KEY_LENGTH - 1, KEY_LENGTH + 1]) {
      refusal(new Uint8Array(length), sealed, draft.context);
    }
  });
}
