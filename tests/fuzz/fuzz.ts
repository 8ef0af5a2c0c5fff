/**
 * Property-based fuzzing of whatever reads bytes that somebody else may have written.
 *
 * The seed is fixed, so that the suite does the same each time. `AIVAULT_TEST_FUZZ=100` runs a hundred times as
 * much, `AIVAULT_TEST_SEED` from another seed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import process from "node:process";
import test from "node:test";
import fc from "fast-check";
import { VaultError } from "../../lib/errors.ts";

const TIMES = Number(process.env["AIVAULT_TEST_FUZZ"] ?? 1);
const SEED = Number(process.env["AIVAULT_TEST_SEED"] ?? 4);

/** How much memory a whole test may take beyond what it began with: 512 MiB. */
const MOST_MEMORY = 512 * 1024 * 1024;

/** Registers a test that hands `runs` inputs to `work`, which may fail with errors of ours alone. */
export function fuzz<T>(
  name: string,
  input: fc.Arbitrary<T>,
  runs: number,
  work: (input: T) => Promise<void>,
): void {
  test(`${name} fails with errors of aivault alone, whatever it is given`, async () => {
    const before = process.memoryUsage().rss;
    await fc.assert(fc.asyncProperty(input, work), { seed: SEED, numRuns: runs * TIMES });
    const taken = process.memoryUsage().rss - before;
    assert.ok(taken < MOST_MEMORY, `it took ${Math.round(taken / 1024 / 1024)} MiB`);
  });
}

/** What `work` gives, or the error of ours that it fails with; any other error is thrown. */
export async function outcome<T>(work: () => T | Promise<T>): Promise<T | VaultError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof VaultError) return error;
    throw error;
  }
}

/** Any bytes, up to `maxLength` of them. */
export function bytes(maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ maxLength }).map((array) => new Uint8Array(array));
}

/** `original` with a few bytes changed, and perhaps cut short or made longer. */
export function damaged(original: Uint8Array): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({ at: fc.nat(Math.max(0, original.length - 1)), byte: fc.nat(255) });
  return fc.record({
    edits: fc.array(edit, { maxLength: 12 }),
    length: fc.option(fc.nat(original.length), { freq: 4 }),
    tail: fc.oneof({ weight: 3, arbitrary: fc.constant(new Uint8Array()) }, bytes(64)),
  }).map(({ edits, length, tail }) => {
    const copy = original.slice(0, length ?? original.length);
    for (const { at, byte } of edits) if (at < copy.length) copy[at] = byte;
    return new Uint8Array(Buffer.concat([copy, tail]));
  });
}

/** What may stand in a column, or in a field of a document. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    "",
    "global",
    "workspace",
    "group",
    "file",
    "caller",
    "{}",
    "[]",
    "null",
    "__proto__",
  ),
  fc.integer(),
  fc.constantFrom(0, -1, 1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e300, NaN, Infinity),
  fc.constant(null),
  fc.boolean(),
  bytes(80),
  fc.jsonValue({ maxDepth: 3 }),
);
