/** Keys that are written down and typed: what is found when a hand slips. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { formatTypedKey, parseTypedKey } from "../../lib/crypto/typed_key.ts";
import { VaultError } from "../../lib/errors.ts";
import { hex } from "../helpers/vectors.ts";
import { utf8 } from "../helpers/vaults.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const keys = fc.uint8Array({ minLength: 32, maxLength: 32 });
const format = (key: Uint8Array): string => new TextDecoder().decode(formatTypedKey(key));
const parse = (text: string): Uint8Array => parseTypedKey(utf8(text), "test");

function problemOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof VaultError);
    assert.equal(error.code, "INVALID_INPUT");
    return error.problem;
  }
  return "none";
}

/** CRC-8/SMBUS, bit by bit over the polynomial's own division, which the module does not do. */
function crc8(bytes: readonly number[]): number {
  let bits = bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("") + "00000000";
  while (bits.length > 8) {
    bits = bits.startsWith("1")
      ? [...bits.slice(0, 9)].map((bit, i) => bit === "100000111"[i] ? "0" : "1").join("").slice(
        1,
      ) +
        bits.slice(9)
      : bits.slice(1);
  }
  return Number.parseInt(bits, 2);
}

test("formatTypedKey() writes 4 bytes and their CRC-8 in each group, in Crockford's base32", () => {
  // The check value that catalogues of CRCs give for CRC-8/SMBUS.
  assert.equal(crc8([..."123456789"].map((c) => c.charCodeAt(0))), 0xf4);
  const key = hex("000102030405060708090a0b0c0d0e0f f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  const groups = format(key).split("-");
  assert.equal(groups.length, 8);
  for (const [i, group] of groups.entries()) {
    const data = [...key.subarray(4 * i, 4 * i + 4)];
    const bits = [...group].map((c) => ALPHABET.indexOf(c).toString(2).padStart(5, "0")).join("");
    const bytes = bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2));
    assert.deepEqual(bytes, [...data, crc8([i + 1, ...data])]);
  }
});

test("parseTypedKey() reads every key as it was written, and as people type it", () => {
  fc.assert(
    fc.property(keys, (key) => {
      const text = format(key);
      assert.match(text, /^([0-9A-HJKMNP-TV-Z]{8}-){7}[0-9A-HJKMNP-TV-Z]{8}$/);
      const typed = [
        text,
        text.toLowerCase(),
        `  ${text.replaceAll("-", " ")}\r\n`,
        text.replaceAll("-", ""),
        text.replaceAll("-", "\n\t"),
        text.replaceAll("0", "O").replaceAll("1", "l"),
        text.replaceAll("0", "o").replaceAll("1", "I"),
      ];
      for (const each of typed) assert.deepEqual(parse(each), key);
    }),
    { seed: 1, numRuns: 50 },
  );
});

test("parseTypedKey() finds every single mistyped character, and names its group", () => {
  const text = format(new Uint8Array(32).map((_, i) => 37 * i));
  for (const [at, was] of [...text].entries()) {
    if (was === "-") continue;
    for (const now of ALPHABET) {
      if (now === was) continue;
      const problem = problemOf(text.slice(0, at) + now + text.slice(at + 1));
      assert.equal(problem, `group ${Math.floor(at / 9) + 1} of the recovery key was mistyped`);
    }
  }
});

test("parseTypedKey() finds every two neighbours of a group that were swapped", () => {
  fc.assert(
    fc.property(keys, (key) => {
      const text = format(key);
      for (let at = 0; at + 1 < text.length; at++) {
        const [a = "", b = ""] = text.slice(at, at + 2);
        if (a === b || a === "-" || b === "-") continue;
        const swapped = text.slice(0, at) + b + a + text.slice(at + 2);
        assert.match(problemOf(swapped), new RegExp(`^group ${Math.floor(at / 9) + 1} `));
      }
    }),
    { seed: 2, numRuns: 30 },
  );
});

test("parseTypedKey() finds every two groups that were swapped, and names both", () => {
  fc.assert(
    fc.property(keys, (key) => {
      const groups = format(key).split("-");
      for (let i = 0; i < 8; i++) {
        for (let j = i + 1; j < 8; j++) {
          const swapped = groups.with(i, groups[j] ?? "").with(j, groups[i] ?? "");
          if (groups[i]?.slice(0, 6) === groups[j]?.slice(0, 6)) continue;
          assert.equal(
            problemOf(swapped.join("-")),
            `groups ${i + 1}, ${j + 1} of the recovery key were mistyped`,
          );
        }
      }
    }),
    { seed: 3, numRuns: 20 },
  );
});

test("parseTypedKey() says how many groups there are, and never echoes one", () => {
  const text = format(new Uint8Array(32).fill(0x77));
  assert.equal(problemOf(""), "the recovery key has 0 of 8 groups");
  assert.equal(problemOf(text.slice(0, 62)), "the recovery key has 7 of 8 groups");
  assert.equal(problemOf(`${text}-${text}`), "the recovery key has 16 of 8 groups");
  assert.equal(problemOf(text.slice(0, -1)), "group 8 of the recovery key was mistyped");
  assert.equal(problemOf(`${text}X`), "group 8 of the recovery key was mistyped");
  assert.equal(problemOf(text.replace("-", "")), "the recovery key has 7 of 8 groups");
  assert.equal(problemOf(`U${text.slice(1)}`), "group 1 of the recovery key was mistyped");
  assert.equal(problemOf(`é${text.slice(1)}`), "group 1 of the recovery key was mistyped");
});

test("parseTypedKey() answers any bytes with a key or its own error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      try {
        assert.equal(parseTypedKey(bytes, "test").length, 32);
      } catch (error) {
        assert.ok(error instanceof VaultError && error.code === "INVALID_INPUT");
      }
    }),
    { seed: 4, numRuns: 300 },
  );
});
