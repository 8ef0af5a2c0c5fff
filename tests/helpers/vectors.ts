/**
 * Vectors: hexadecimal as bytes, and the Wycheproof files.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { readData } from "./data.ts";

/** The bytes of hexadecimal `text`; white space between digits is ignored. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  const bytes = new Uint8Array(Buffer.from(digits, "hex"));
  if (bytes.length * 2 !== digits.length) throw new TypeError(`not hexadecimal: ${text}`);
  return bytes;
}

/** A Wycheproof file of groups that hold tests. */
export interface Wycheproof<Group, Test> {
  readonly numberOfTests: number;
  readonly testGroups: readonly (Group & { readonly tests: readonly Test[] })[];
}

/** What every Wycheproof test has. */
export interface WycheproofTest {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: "valid" | "invalid" | "acceptable";
}

/** A Wycheproof file, and what to hand to `test()` as its options. */
export interface WycheproofFile<Group, Test> {
  /** `undefined` if the file is not there. */
  readonly file: Wycheproof<Group, Test> | undefined;
  /** The reason to skip the test; `false` if the file is there. */
  readonly skip: string | false;
}

/**
 * Reads a Wycheproof file beside the checkout. They are too large to keep in it, so a test that
 * needs one is skipped, and the reason printed, where it is absent.
 */
export function readWycheproof<Group, Test extends WycheproofTest>(
  name: string,
): WycheproofFile<Group, Test> {
  const text = readData(`../shared/vectors/${name}`);
  if (text !== undefined) return { file: JSON.parse(text), skip: false };
  const skip = `there is no ../shared/vectors/${name} beside the checkout`;
  // Not every runner prints the reason of a skipped test.
  console.warn(`skipped: ${skip}`);
  return { file: undefined, skip };
}
