import assert from "node:assert/strict";
import process from "node:process";
import test from "node:test";
import fc from "fast-check";
import { cipher, portableCipher, TAG_LENGTH } from "../../lib/crypto/cipher.ts";
import { nativeCipher, useNativeCipher } from "../../providers/host/native_cipher.ts";
import { aeadContract } from "../contract/aead.ts";

const without = process.versions.bun === undefined
  ? false
  : "Bun's library has no ChaCha20-Poly1305";

aeadContract("the native cipher", nativeCipher, without);

test("useNativeCipher() chooses the runtime's cipher where there is one, and says whether", () => {
  assert.equal(useNativeCipher(), without === false);
  assert.equal(cipher(), without === false ? nativeCipher : portableCipher);
});

test("the native cipher gives what the portable one does", { skip: without }, () => {
  const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const any = fc.uint8Array({ maxLength: 5_000, size: "max" });
  fc.assert(
    fc.property(exactly(32), exactly(12), any, any, (key, nonce, context, plaintext) => {
      const [one, other] = [nativeCipher, portableCipher].map((each) => {
        const sealed = new Uint8Array(plaintext.length + TAG_LENGTH);
        each.encrypt(key, nonce, context, plaintext, sealed);
        return sealed;
      });
      assert.deepEqual(one, other);
    }),
    { seed: 4, numRuns: 300 },
  );
});
