import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import fc from "fast-check";
import {
  concat,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  randomBytes,
  steadyCopy,
  toBase64,
  toHex,
  utf8,
  wipe,
} from "../../lib/crypto/bytes.ts";
import { scalar } from "../helpers/arbitraries.ts";

const bytes = fc.uint8Array({ maxLength: 200 });
const plain = (buffer: Buffer) => new Uint8Array(buffer);

/** The four texts that stand for `bytes`: standard and url alphabet, padded and not. */
function base64Forms(bytes: Uint8Array): string[] {
  const padded = Buffer.from(bytes).toString("base64");
  const url = padded.replace(/\+/g, "-").replace(/\//g, "_");
  return [padded, padded.replace(/=/g, ""), url, url.replace(/=/g, "")];
}

test("utf8() and fromUtf8() agree with the platform's buffers", () => {
  fc.assert(
    fc.property(fc.string({ unit: scalar, maxLength: 50 }), (text) => {
      const encoded = utf8(text);
      assert.deepEqual(encoded, plain(Buffer.from(text, "utf8")));
      assert.equal(fromUtf8(encoded), text);
    }),
    { seed: 11, numRuns: 300 },
  );
});

test("fromUtf8() answers undefined for any bytes that it could not give back", () => {
  fc.assert(
    fc.property(bytes, (given) => {
      const lossy = Buffer.from(given).toString("utf8");
      const faithful = Buffer.from(lossy, "utf8").equals(given);
      assert.equal(fromUtf8(given), faithful ? lossy : undefined);
    }),
    { seed: 12, numRuns: 500 },
  );
  for (
    const wrong of [[0x80], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]]
  ) {
    assert.equal(fromUtf8(Uint8Array.from(wrong)), undefined);
  }
});

test("fromUtf8() keeps a byte order mark", () => {
  assert.equal(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa");
});

test("randomBytes() gives as many bytes as asked for, and never the same again", () => {
  for (const length of [0, 1, 16, 32, 65_536]) assert.equal(randomBytes(length).length, length);
  const seen = new Set(Array.from({ length: 500 }, () => toHex(randomBytes(16))));
  assert.equal(seen.size, 500);
});

test("concat() joins its parts in order", () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 6 }), (parts) => {
      assert.deepEqual(concat(...parts), plain(Buffer.concat(parts)));
    }),
    { seed: 13 },
  );
});

test("concat() gives a fresh array even for one part", () => {
  const part = Uint8Array.of(1, 2, 3);
  const joined = concat(part);
  wipe(part);
  assert.deepEqual(joined, Uint8Array.of(1, 2, 3));
});

test("wipe() overwrites every array with zeros and skips undefined", () => {
  const first = randomBytes(64);
  const second = randomBytes(3);
  wipe(first, undefined, second);
  assert.deepEqual(first, new Uint8Array(64));
  assert.deepEqual(second, new Uint8Array(3));
});

test("wipe() of a view leaves the bytes around it", () => {
  const whole = Uint8Array.of(1, 2, 3, 4);
  wipe(whole.subarray(1, 3));
  assert.deepEqual(whole, Uint8Array.of(1, 0, 0, 4));
});

test("equalBytes() is true for equal bytes alone", () => {
  fc.assert(
    fc.property(bytes, bytes, fc.nat(), fc.nat(7), (a, b, at, bit) => {
      assert.equal(equalBytes(a, b), Buffer.from(a).equals(b));
      assert.equal(equalBytes(a, a.slice()), true);
      assert.equal(equalBytes(a, concat(a, Uint8Array.of(0))), false);
      if (a.length === 0) return;
      const other = a.map((byte, i) => (i === at % a.length ? byte ^ (1 << bit) : byte));
      assert.equal(equalBytes(a, other), false);
    }),
    { seed: 14, numRuns: 300 },
  );
});

test("toHex() and fromHex() agree with the platform's buffers", () => {
  fc.assert(
    fc.property(bytes, (given) => {
      const text = toHex(given);
      assert.equal(text, Buffer.from(given).toString("hex"));
      assert.deepEqual(fromHex(text), given);
      assert.deepEqual(fromHex(text.toUpperCase()), given);
    }),
    { seed: 15, numRuns: 300 },
  );
});

test("fromHex() answers undefined for text that is not hexadecimal", () => {
  const unit = fc.constantFrom(..."0123456789abcdefABCDEFgGxX \n-+.\u0661");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
      const decoded = Buffer.from(text, "hex");
      const whole = decoded.toString("hex") === text.toLowerCase();
      assert.deepEqual(fromHex(text), whole ? plain(decoded) : undefined);
    }),
    { seed: 16, numRuns: 1_000 },
  );
  for (const text of ["0", "abc", "0x00", " 00", "00\n", "0g", "+1", "1.", "-1"]) {
    assert.equal(fromHex(text), undefined, JSON.stringify(text));
  }
});

test("toBase64() gives the standard alphabet, padded, as the platform's buffers do", () => {
  fc.assert(
    fc.property(bytes, (given) => {
      assert.equal(toBase64(given), Buffer.from(given).toString("base64"));
    }),
    { seed: 17, numRuns: 300 },
  );
});

test("fromBase64() reads either alphabet, padded or not", () => {
  fc.assert(
    fc.property(bytes, (given) => {
      for (const text of base64Forms(given)) assert.deepEqual(fromBase64(text), given, text);
    }),
    { seed: 18, numRuns: 300 },
  );
});

test("fromBase64() answers undefined for text that is none of the four forms of any bytes", () => {
  const unit = fc.constantFrom(..."ABQgwyz019+/-_==== \n.");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 9 }), (text) => {
      const decoded = plain(Buffer.from(text, "base64"));
      const expected = base64Forms(decoded).includes(text) ? decoded : undefined;
      assert.deepEqual(fromBase64(text), expected, JSON.stringify(text));
    }),
    { seed: 19, numRuns: 5_000 },
  );
});

const notBase64 = {
  "one digit over": ["A", "AAAAA"],
  "wrong padding": ["=", "==", "====", "QQ=", "QQ===", "QUI==", "QUJD=", "Q=Q=", "=QQ"],
  "non-zero trailing bits": ["QR", "QR==", "QUJ=", "QUJ", "__", "//=="],
  "two alphabets": ["+_AA", "-/AA", "+-AA"],
  "white space": [" QQ==", "QQ==\n", "Q Q=", "QUJD QUJD", "\ufeffQQ"],
  "another alphabet": ["QQ.=", "Q*==", "QQ,,", "\u0051\u0301Q", "\uff21\uff21"],
};

for (const [fault, texts] of Object.entries(notBase64)) {
  test(`fromBase64() refuses ${fault}`, () => {
    for (const text of texts) {
      assert.equal(fromBase64(text), undefined, JSON.stringify(text));
    }
  });
}

test("steadyCopy() gives the same bytes in a buffer that is nothing else's", () => {
  for (const given of [Uint8Array.of(1, 2, 3), Buffer.from([1, 2, 3])]) {
    const copy = steadyCopy(given);
    given.fill(9);
    assert.deepEqual([...copy], [1, 2, 3]);
    assert.deepEqual([copy.byteOffset, copy.buffer.byteLength], [0, 3]);
  }
});
