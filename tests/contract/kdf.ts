/**
 * What hashes and key derivation promise with every SHA-256, as tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { hkdfSha256, HmacKey, hmacSha256, sha256 } from "../../lib/crypto/kdf.ts";
import { chooseSha256, portableSha256, type Sha256 } from "../../lib/crypto/sha256.ts";
import { hex } from "../helpers/vectors.ts";
import { type Check, wycheproofKdf } from "./kdf_wycheproof.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });

/** RFC 5869 appendix A, the test cases of SHA-256. */
const rfc5869 = [
  {
    name: "A.1",
    ikm: hex("0b".repeat(22)),
    salt: hex("000102030405060708090a0b0c"),
    info: hex("f0f1f2f3f4f5f6f7f8f9"),
    length: 42,
    prk: hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"),
    okm: hex(`
      3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf
      34007208d5b887185865`),
  },
  {
    name: "A.2",
    ikm: Uint8Array.from({ length: 80 }, (_, i) => i),
    salt: Uint8Array.from({ length: 80 }, (_, i) => 0x60 + i),
    info: Uint8Array.from({ length: 80 }, (_, i) => 0xb0 + i),
    length: 82,
    prk: hex("06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244"),
    okm: hex(`
      b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c
      59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71
      cc30c58179ec3e87c14c01d5c1f3434f1d87`),
  },
  {
    name: "A.3",
    ikm: hex("0b".repeat(22)),
    salt: new Uint8Array(),
    info: new Uint8Array(),
    length: 42,
    prk: hex("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"),
    okm: hex(`
      8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d
      9d201395faa4b61a96c8`),
  },
];

/** HMAC-SHA-256 of the platform, which takes no empty key; zeros are the same by RFC 2104. */
async function platformHmac(key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  const { subtle } = globalThis.crypto;
  const padded = new Uint8Array(key.length === 0 ? 1 : key.length);
  padded.set(key);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await subtle.importKey("raw", padded, algorithm, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", imported, new Uint8Array(message)));
}

/** HKDF-SHA-256 of the platform. */
async function platformHkdf(
  ikm: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  length: number,
): Promise<Uint8Array> {
  const { subtle } = globalThis.crypto;
  const copies = { salt: new Uint8Array(salt), info: new Uint8Array(info) };
  const key = await subtle.importKey("raw", new Uint8Array(ikm), "HKDF", false, ["deriveBits"]);
  const algorithm = { name: "HKDF", hash: "SHA-256", ...copies };
  return new Uint8Array(await subtle.deriveBits(algorithm, key, length * 8));
}

/**
 * Runs the suite with `candidate`.
 *
 * @param without Why there is no such SHA-256 here.
 */
export function kdfContract(
  name: string,
  candidate: Sha256,
  without: string | false = false,
): void {
  const check: Check = (behaviour, body, skip = without) =>
    test(`${behaviour}, by ${name}`, { skip }, async () => {
      assert.ok(chooseSha256(candidate));
      try {
        await body();
      } finally {
        chooseSha256(portableSha256);
      }
    });

  for (const { name, ikm, salt, info, length, prk, okm } of rfc5869) {
    check(`hkdfSha256() gives the output of RFC 5869 ${name}`, () => {
      assert.deepEqual(hkdfSha256(ikm, salt, info, length), okm);
    });

    check(`hmacSha256() gives the PRK of RFC 5869 ${name}`, () => {
      assert.deepEqual(hmacSha256(salt, ikm), prk);
    });
  }

  check("hmacSha256() gives the tags of RFC 4231 sections 4.2, 4.3 and 4.7", () => {
    assert.deepEqual(
      hmacSha256(hex("0b".repeat(20)), ascii("Hi There")),
      hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    );
    assert.deepEqual(
      hmacSha256(ascii("Jefe"), ascii("what do ya want for nothing?")),
      hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    );
    assert.deepEqual(
      hmacSha256(
        hex("aa".repeat(131)),
        ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
      ),
      hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    );
  });

  check(
    "HmacKey gives the tags of RFC 4231 sections 4.2, 4.3 and 4.7, of many messages in turn",
    () => {
      const short = new HmacKey(hex("0b".repeat(20)));
      const word = new HmacKey(ascii("Jefe"));
      const long = new HmacKey(hex("aa".repeat(131)));
      // The third message is longer than a block, so what it leaves behind would show in the others.
      for (let round = 0; round < 3; round++) {
        assert.deepEqual(
          short.mac(ascii("Hi There")),
          hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        );
        assert.deepEqual(
          hmacSha256(word, ascii("what do ya want for nothing?")),
          hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        );
        assert.deepEqual(
          long.mac(
            ascii(
              "This is a test using a larger than block-size key and a larger than block-size data. " +
                "The key needs to be hashed before being used by the HMAC algorithm.",
            ),
          ),
          hex("9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
        );
      }
    },
  );

  check(
    "HmacKey gives the tags of the platform for messages of each length about a block's",
    async () => {
      const key = new Uint8Array(32).fill(7);
      const prepared = new HmacKey(key);
      for (let length = 0; length <= 130; length++) {
        const message = new Uint8Array(length).fill(length);
        assert.deepEqual(prepared.mac(message), await platformHmac(key, message), String(length));
      }
    },
  );

  check("HmacKey does not change its key, and needs it no more", () => {
    const key = hex("0b".repeat(20));
    const prepared = new HmacKey(key);
    assert.deepEqual(key, hex("0b".repeat(20)));
    key.fill(0);
    assert.deepEqual(
      prepared.mac(ascii("Hi There")),
      hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    );
  });

  check("HmacKey.destroy() ends its use, and that of no other key", () => {
    const [ended, other] = [new HmacKey(ascii("ended")), new HmacKey(ascii("Jefe"))];
    ended.mac(ascii("a"));
    ended.destroy();
    assert.throws(() => ended.mac(ascii("a")), /destroyed/);
    assert.deepEqual(
      other.mac(ascii("what do ya want for nothing?")),
      hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    );
  });

  check("sha256() gives the digests of FIPS 180-2 appendix B and of nothing", () => {
    assert.deepEqual(
      sha256(new Uint8Array()),
      hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    );
    assert.deepEqual(
      sha256(ascii("abc")),
      hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    );
    assert.deepEqual(
      sha256(ascii("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
      hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    );
    assert.deepEqual(
      sha256(new Uint8Array(1_000_000).fill(0x61)),
      hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    );
  });

  check("sha256(), hmacSha256() and hkdfSha256() agree with the platform's own", async () => {
    await fc.assert(
      fc.asyncProperty(
        bytes(0, 200),
        bytes(0, 100),
        bytes(0, 100),
        fc.integer({ min: 1, max: 300 }),
        async (message, key, info, length) => {
          const digest = await globalThis.crypto.subtle.digest("SHA-256", new Uint8Array(message));
          assert.deepEqual(sha256(message), new Uint8Array(digest));
          assert.deepEqual(hmacSha256(key, message), await platformHmac(key, message));
          assert.deepEqual(
            hkdfSha256(message, key, info, length),
            await platformHkdf(message, key, info, length),
          );
        },
      ),
      { seed: 4, numRuns: 200 },
    );
  });

  check("hkdfSha256() derives 8,160 bytes and refuses more", () => {
    const key = new Uint8Array(32);
    const none = new Uint8Array();
    assert.equal(hkdfSha256(key, none, none, 8_160).length, 8_160);
    assert.throws(() => hkdfSha256(key, none, none, 8_161), Error);
  });

  wycheproofKdf(check, without);
}
