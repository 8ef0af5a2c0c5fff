import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import fc from "fast-check";
import { formatKeyText, parseKeyText } from "../../lib/crypto/key_text.ts";
import { VaultError } from "../../lib/errors.ts";
import { scalar } from "../helpers/arbitraries.ts";

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const HINT = "a key is base64 of exactly 32 bytes; make one with: head -c 32 /dev/urandom | base64";

/** The four texts of base64: standard and url alphabet, padded and not. */
function base64Forms(bytes: Uint8Array): string[] {
  const padded = Buffer.from(bytes).toString("base64");
  const url = Buffer.from(bytes).toString("base64url");
  return [padded, padded.replace(/=/g, ""), url, padded.replace(/\+/g, "-").replace(/\//g, "_")];
}

function refusal(text: string | Uint8Array): VaultError {
  try {
    parseKeyText(text, "unlock the vault", "the variable AIVAULT_KEY");
  } catch (error) {
    assert.ok(error instanceof VaultError, `not a VaultError: ${error}`);
    assert.equal(error.code, "KEY_UNUSABLE");
    assert.equal(error.attempted, "unlock the vault");
    assert.deepEqual(error.hints, [HINT]);
    assert.equal(error.cause, undefined);
    return error;
  }
  assert.fail(`accepted ${JSON.stringify(text)}`);
}

/** Everything of an error that could reach a terminal or a log. */
function shown(error: VaultError): string {
  return [error.message, error.problem, error.attempted, ...error.hints, error.stack].join("\n");
}

test("parseKeyText() reads base64 in every form, as text and as bytes, with white space around", () => {
  const space = fc.string({
    unit: fc.constantFrom(" ", "\n", "\r\n", "\t", "\ufeff", "\u00a0"),
    maxLength: 3,
  });
  fc.assert(
    fc.property(key, space, space, (given, before, after) => {
      for (const form of base64Forms(given)) {
        const text = before + form + after;
        assert.deepEqual(parseKeyText(text, "a", "b"), given);
        assert.deepEqual(parseKeyText(Buffer.from(text, "utf8"), "a", "b"), given);
      }
    }),
    { seed: 31, numRuns: 200 },
  );
});

test("parseKeyText() reads keys that need every digit of both alphabets", () => {
  const given = new Uint8Array(Buffer.from("++//".repeat(10) + "+/8=", "base64"));
  assert.equal(given.length, 32);
  const forms = base64Forms(given);
  assert.equal(new Set(forms).size, 4);
  for (const form of forms) assert.deepEqual(parseKeyText(form, "a", "b"), given, form);
});

test("parseKeyText() leaves the bytes it was given", () => {
  const text = formatKeyText(new Uint8Array(32).fill(7));
  const kept = text.slice();
  parseKeyText(text, "a", "b");
  assert.deepEqual(text, kept);
});

test("formatKeyText() writes padded standard base64 that parseKeyText() reads", () => {
  fc.assert(
    fc.property(key, (given) => {
      const text = formatKeyText(given);
      assert.equal(Buffer.from(text).toString("ascii"), Buffer.from(given).toString("base64"));
      assert.deepEqual(parseKeyText(text, "a", "b"), given);
    }),
    { seed: 32 },
  );
});

const source = "unlock the vault: the variable AIVAULT_KEY";

test("parseKeyText() says that the source is empty", () => {
  for (const text of ["", " ", "\n", "\r\n\t ", "\ufeff", new Uint8Array()]) {
    assert.equal(refusal(text).message, `${source} is empty`);
  }
});

test("parseKeyText() says that the source is not text", () => {
  for (const bytes of [[0xff], [0x41, 0xc3], [0xfe, 0xff, 0x00, 0x41]]) {
    assert.equal(refusal(Uint8Array.from(bytes)).message, `${source} is not text`);
  }
});

test("parseKeyText() says how many bytes it found where a key has 32", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (bytes) => {
      fc.pre(bytes.length !== 32);
      for (const form of base64Forms(bytes)) {
        assert.equal(
          refusal(form).message,
          `${source} holds ${bytes.length} bytes, a key has 32`,
        );
      }
    }),
    { seed: 33, numRuns: 300 },
  );
  // 64 hexadecimal digits are base64 of 48 bytes.
  assert.match(refusal("0123456789abcdef".repeat(4)).message, / holds 48 bytes/);
});

test("parseKeyText() refuses base64 that is damaged", () => {
  const good = Buffer.from(Uint8Array.from({ length: 32 }, (_, i) => 250 - 7 * i)).toString(
    "base64",
  );
  const bad = [
    good.slice(0, 20) + "\n" + good.slice(20),
    good.slice(0, 20) + " " + good.slice(20),
    `"${good}"`,
    `'${good}'`,
    `base64:${good}`,
    `AIVAULT_KEY=${good}`,
    good + "=",
    good + good,
    "=" + good,
    good.slice(0, -2) + "B=",
    good.slice(0, -2) + "B",
    "+-_/" + good.slice(4),
    good.replace(/^./, "\u0410"),
    good.replace(/^./, "%2B"),
  ];
  for (const text of bad) assert.equal(refusal(text).message, `${source} is not base64`, text);
});

test("parseKeyText() answers with INVALID_INPUT instead where the caller asks for it", () => {
  for (const text of ["", "not base64!", "QUJD", Uint8Array.of(0xff)]) {
    assert.throws(() => parseKeyText(text, "rotate", "the new key", "INVALID_INPUT"), {
      code: "INVALID_INPUT",
      message: /^rotate: the new key (is|holds) /,
    });
  }
});

test("parseKeyText() never echoes any part of the text, whatever is wrong with it", () => {
  const nearlyKey = fc.uint8Array({ minLength: 12, maxLength: 60 }).chain((bytes) =>
    fc.constantFrom(...base64Forms(bytes))
  );
  const text = fc.oneof(
    nearlyKey.filter((form) => form.replace(/=/g, "").length !== 43),
    nearlyKey.map((form) => `"${form}"`),
    nearlyKey.map((form) => `${form}!`),
    fc.string({ unit: scalar, minLength: 8, maxLength: 60 }).filter((s) => s.trim().length >= 8),
  );
  fc.assert(
    fc.property(text, (given) => {
      for (const form of [given, new Uint8Array(Buffer.from(given, "utf8"))]) {
        const seen = shown(refusal(form));
        const trimmed = given.trim();
        for (let i = 0; i + 8 <= trimmed.length; i++) {
          assert.equal(seen.includes(trimmed.slice(i, i + 8)), false);
        }
      }
    }),
    { seed: 34, numRuns: 200 },
  );
});
