/**
 * The second implementation of the cipher, against the vectors of its draft: what the tests of the format rest on.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { hchacha20, openXChaCha } from "../helpers/independent_aead.ts";
import { hex } from "../helpers/vectors.ts";

test("hchacha20() gives the subkey of draft-irtf-cfrg-xchacha-03 section 2.2.1", () => {
  const key = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  const nonce = hex("000000090000004a0000000031415927");
  const subkey = hex("82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc");
  assert.deepEqual(hchacha20(key, nonce), subkey);
});

test("openXChaCha() opens the vector of draft-irtf-cfrg-xchacha-03 appendix A.3.1, and no edit of it", () => {
  const key = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  const context = hex("50515253c0c1c2c3c4c5c6c7");
  const sealed = hex(`404142434445464748494a4b4c4d4e4f5051525354555657
    bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
    731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
    2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
    21f9664c97637da9768812f615c68b13b52e
    c0875924c1c7987947deafd8780acf49`);
  assert.equal(
    new TextDecoder().decode(openXChaCha(key, sealed, context)),
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  );
  for (const at of [0, 30, sealed.length - 1]) {
    const edited = sealed.map((byte, i) => i === at ? byte ^ 1 : byte);
    assert.throws(() => openXChaCha(key, edited, context), /the tag/);
  }
  assert.throws(() => openXChaCha(key, sealed, context.slice(1)), /the tag/);
});
