import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { hasCode } from "../../lib/errors.ts";
import { checkName, checkText, compareText, isSecretId } from "../../lib/vault/text.ts";
import { scalar } from "../helpers/arbitraries.ts";

const RUNS = { seed: 20_231_114, numRuns: 500 };

function refusal(text: string, check = checkText as (t: string, w: never, a: string) => string) {
  try {
    check(text, "name" as never, "create secret");
    return undefined;
  } catch (error) {
    if (hasCode(error, "INVALID_INPUT")) return error.message;
    throw error;
  }
}

/** What may not stand in a text, by Unicode property, and a few of each spelled out. */
const FORBIDDEN: readonly [string, RegExp, readonly string[]][] = [
  ["controls", /\p{Cc}/u, ["\0", "\t", "\n", "\r", "\x1b", "\x7f", "\x80", "\x9f"]],
  ["line and paragraph separators", /[\p{Zl}\p{Zp}]/u, ["\u2028", "\u2029"]],
  // Unicode Standard Annex 9: they reorder what a terminal shows.
  ["directional marks and overrides", /\p{Bidi_Control}/u, [
    "\u061c",
    "\u200e",
    "\u200f",
    "\u202a",
    "\u202e",
    "\u2066",
    "\u2069",
  ]],
];

for (const [what, property, examples] of FORBIDDEN) {
  test(`checkText() refuses ${what} anywhere in a text`, () => {
    for (const character of examples) {
      assert.match(character, property);
      for (const text of [`${character}a`, `a${character}b`, `a${character}`, character]) {
        assert.match(refusal(text) ?? "accepted", /control characters|white space/);
      }
    }
    // All of them, wherever Unicode has them.
    for (let codePoint = 0; codePoint <= 0x1_0000; codePoint++) {
      const character = String.fromCodePoint(codePoint);
      if (property.test(character)) assert.notEqual(refusal(`a${character}b`), undefined);
    }
  });
}

test("checkText() accepts every other well-formed text and puts it into normalisation form C", () => {
  fc.assert(
    fc.property(fc.array(scalar, { minLength: 1, maxLength: 60 }), (scalars) => {
      const text = scalars.join("");
      const isFine = !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\uFFFD]/u.test(text) &&
        !/^[\s\uFEFF]|[\s\uFEFF]$/u.test(text);
      fc.pre(isFine);
      assert.equal(checkText(text, "name", "x"), text.normalize("NFC"));
    }),
    RUNS,
  );
});

test("checkText() makes one name of the ways to write it", () => {
  for (const [one, other] of [["\u00e9", "e\u0301"], ["\uac00", "\u1100\u1161"], ["\u212b", "Å"]]) {
    assert.equal(checkText(one ?? "", "name", "x"), checkText(other ?? "", "name", "x"));
  }
  // Compatibility look-alikes are other names.
  assert.notEqual(checkText("\uff21", "name", "x"), checkText("A", "name", "x"));
});

test("checkText() counts characters, not UTF-16 units or bytes: 255 are allowed, 256 are not", () => {
  for (const character of ["a", "é", "界", "🔑", "\u{10FFFF}"]) {
    assert.equal(refusal(character.repeat(255)), undefined, character);
    assert.match(refusal(character.repeat(256)) ?? "accepted", /longer than 255 characters/);
  }
  // It counts what is kept: this is 255 characters in normalisation form C.
  assert.equal(checkText("e\u0301".repeat(255), "name", "x"), "é".repeat(255));
  assert.match(refusal("e\u0301".repeat(256)) ?? "accepted", /longer/);
});

test("checkText() refuses lone surrogates, which have no UTF-8, and what stands in the place of other bytes", () => {
  for (const text of ["\ud800", "a\udc00", "\udc00\ud800", "a\ud83d", "\ud83dx", "caf\ufffd"]) {
    assert.match(refusal(text) ?? "accepted", /not well-formed/);
  }
  assert.equal(refusal("\ud83d\udd11"), undefined);
});

test("checkText() refuses the empty text and white space at either end", () => {
  assert.match(refusal("") ?? "accepted", /is empty/);
  for (const space of [" ", "\u00a0", "\u3000", "\u2003", "\ufeff"]) {
    for (const text of [space, `${space}a`, `a${space}`]) {
      assert.match(refusal(text) ?? "accepted", /white space/, JSON.stringify(text));
    }
    assert.equal(refusal(`a${space}b`), undefined);
  }
});

test("checkText() names what was attempted and what was checked, and does not echo the text", () => {
  assert.throws(() => checkText("\x1b[31mred", "workspace id", "create secret"), {
    message: "create secret: the workspace id has control characters",
    code: "INVALID_INPUT",
  });
});

test("checkName() refuses what could stand in for a secret's id, in any case", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.boolean(), (id, upper) => {
      const text = upper ? id.toUpperCase() : id;
      assert.ok(isSecretId(text));
      assert.match(refusal(text, checkName) ?? "accepted", /looks like a secret id/);
      assert.notEqual(refusal(`vault:secret:${text}`, checkName), undefined);
      assert.equal(refusal(`${text}x`, checkName), undefined);
      assert.equal(refusal(text.slice(1), checkName), undefined);
      // A workspace may be called by a UUID.
      assert.equal(refusal(text), undefined);
    }),
    RUNS,
  );
  for (const text of ["vault:", "vault:secret:", "vault:x"]) {
    assert.notEqual(refusal(text, checkName), undefined, text);
  }
  assert.equal(refusal("vault", checkName), undefined);
});

test("compareText() orders as the UTF-8 bytes do", () => {
  const text = fc.array(scalar, { maxLength: 5 }).map((scalars) => scalars.join(""));
  const near = fc.tuple(text, text, text).map(([head, a, b]) => [head + a, head + b] as const);
  fc.assert(
    fc.property(near, ([a, b]) => {
      const bytes = (string: string) => new TextEncoder().encode(string);
      assert.equal(Math.sign(compareText(a, b)), Math.sign(compareBytes(bytes(a), bytes(b))));
    }),
    RUNS,
  );
  assert.ok(compareText("\uFFFD", "\u{1F511}") < 0, "beyond 16 bits is last");
});

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
