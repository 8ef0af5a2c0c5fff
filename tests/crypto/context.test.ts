import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import fc from "fast-check";
import {
  CONTEXT_VERSION,
  type ContextField,
  encodeContext,
  withContext,
} from "../../lib/crypto/context.ts";
import { scalar } from "../helpers/arbitraries.ts";
import { hex } from "../helpers/vectors.ts";

/** The fields of an encoding, read back by the layout alone; throws if it is not exactly that. */
function decode(encoded: Uint8Array): string[] {
  const buffer = Buffer.from(encoded);
  assert.equal(buffer.readUInt8(0), 3);
  const fields: string[] = [];
  let offset = 1;
  while (offset < buffer.length) {
    const start = offset + 4;
    const end = start + buffer.readUInt32BE(offset);
    assert.ok(end <= buffer.length, "a field reaches beyond the end");
    fields.push(buffer.toString("hex", start, end));
    offset = end;
  }
  return fields;
}

/** What a field means, written down apart from the source: hexadecimal of its bytes. */
function meaning(field: ContextField): string {
  if (field instanceof Uint8Array) return Buffer.from(field).toString("hex");
  return Buffer.from(field === null ? "" : `${field}`, "utf8").toString("hex");
}

const field: fc.Arbitrary<ContextField> = fc.oneof(
  fc.string({ unit: scalar, maxLength: 8 }),
  fc.constantFrom("", "0", "7", "a", "\u0000", "\u0000\u0000\u0000\u0001", "value", "dek"),
  fc.maxSafeInteger(),
  fc.nat(10),
  fc.constant(null),
  fc.uint8Array({ maxLength: 8 }),
);
const fields = fc.array(field, { maxLength: 6 });

test("encodeContext() writes the version, then length and bytes of each field", () => {
  assert.equal(CONTEXT_VERSION, 3);
  assert.deepEqual(
    encodeContext(["value", 7, null, "\u00e9", -12, Uint8Array.of(0, 255)]),
    hex(`
      03
      00000005 76616c7565
      00000001 37
      00000000
      00000002 c3a9
      00000003 2d3132
      00000002 00ff`),
  );
  assert.deepEqual(encodeContext([]), Uint8Array.of(3));
});

test("encodeContext() can be read back field by field", () => {
  fc.assert(
    fc.property(fields, (list) => {
      assert.deepEqual(decode(encodeContext(list)), list.map(meaning));
    }),
    { seed: 21, numRuns: 1_000 },
  );
});

test("encodeContext() gives two lists the same bytes only if every field has the same", () => {
  fc.assert(
    fc.property(fields, fields, (a, b) => {
      assert.equal(
        Buffer.from(encodeContext(a)).equals(encodeContext(b)),
        JSON.stringify(a.map(meaning)) === JSON.stringify(b.map(meaning)),
      );
    }),
    { seed: 22, numRuns: 2_000 },
  );
});

test("encodeContext() changes when a field is changed, moved, split, joined, added or left out", () => {
  const word = fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 2, maxLength: 5 }),
      fc.nat(),
      word,
      (list, at, extra) => {
        const i = at % (list.length - 1);
        const [left = "", right = ""] = [list[i], list[i + 1]];
        const replace = (...pair: string[]) => [...list.slice(0, i), ...pair, ...list.slice(i + 2)];
        const others = [
          replace(left + extra, right),
          replace(left + right),
          replace("", left + right),
          replace(left.slice(0, -1), left.slice(-1) + right),
          replace(left, extra, right),
          replace(left),
          [...list, ""],
          ...(left === right ? [] : [replace(right, left)]),
        ];
        const encoded = Buffer.from(encodeContext(list));
        for (const other of others) {
          assert.equal(encoded.equals(encodeContext(other)), false, JSON.stringify([list, other]));
        }
      },
    ),
    { seed: 23, numRuns: 500 },
  );
});

test("encodeContext() reads back at lengths that need every byte of the prefix, in every script", () => {
  for (
    const text of ["a".repeat(0x1_0203), "\u00e9".repeat(300), "a\u20ac".repeat(200), "\u{1f511}"]
  ) {
    const bytes = new Uint8Array(0x0102_0304 % (text.length + 1)).fill(0xee);
    assert.deepEqual(decode(encodeContext([text, bytes, text])), [text, bytes, text].map(meaning));
  }
});

test("encodeContext() keeps apart lists that a joined text would confuse", () => {
  const lists: ContextField[][] = [
    [],
    [""],
    ["", ""],
    ["a", "b"],
    ["ab"],
    ["a", "", "b"],
    ["a|b"],
    ["a\u0000b"],
    ["\u0000\u0000\u0000\u0001a"],
    [1, 2],
    [12],
    [-1],
    [0],
    [2, "a", "b"],
    [1, "a", "b"],
    ["a", "b", 2],
  ];
  const encoded = new Set(lists.map((list) => Buffer.from(encodeContext(list)).toString("hex")));
  assert.equal(encoded.size, lists.length);
});

test("encodeContext() writes numbers in decimal and null as nothing, and not their kind", () => {
  assert.deepEqual(encodeContext([7, -7, null]), encodeContext(["7", "-7", ""]));
  assert.deepEqual(encodeContext([-0]), encodeContext([0]));
  assert.deepEqual(
    encodeContext([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]),
    encodeContext(["9007199254740991", "-9007199254740991"]),
  );
});

test("encodeContext() refuses a number that is not a safe integer", () => {
  for (const number of [0.5, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 53), 1e21]) {
    assert.throws(() => encodeContext(["a", number]), RangeError, String(number));
  }
});

test("encodeContext() copies its fields", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const encoded = encodeContext([bytes]);
  bytes.fill(0);
  assert.deepEqual(encoded, hex("03 00000003 010203"));
});

test("withContext() lends what encodeContext() gives, at any length, and returns what is made of it", () => {
  fc.assert(
    fc.property(fields, fc.nat(3_000), (list, more) => {
      const long = [...list, "\u20ac".repeat(more)];
      assert.deepEqual(withContext(long, decode), long.map(meaning));
      assert.deepEqual(withContext(list, (encoded) => encoded.slice()), encodeContext(list));
    }),
    { seed: 24, numRuns: 300 },
  );
});

test("withContext() keeps what it lends while other lists are encoded, also after a failure", () => {
  const fail = () => withContext(["outer"], () => encodeContext([0.5]));
  for (let i = 0; i < 2; i++) {
    withContext(["outer", i], (outer) => {
      withContext(["inner", "longer"], (inner) => {
        assert.deepEqual(encodeContext(["innermost"]), hex("03 00000009 696e6e65726d6f7374"));
        assert.deepEqual(decode(inner), ["inner", "longer"].map(meaning));
      });
      assert.deepEqual(decode(outer), ["outer", i].map(meaning));
    });
    assert.throws(fail, RangeError);
  }
});
