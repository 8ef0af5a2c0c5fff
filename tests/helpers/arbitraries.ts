/**
 * What the property tests draw from.
 *
 * @module
 */
import fc from "fast-check";

/** Any Unicode scalar value, one in four of them ASCII: the unit of well-formed strings. */
export const scalar: fc.Arbitrary<string> = fc.oneof(
  fc.nat(0x7f),
  fc.integer({ min: 0x80, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0xffff }),
  fc.integer({ min: 0x1_0000, max: 0x10_ffff }),
).map((codePoint) => String.fromCodePoint(codePoint));
