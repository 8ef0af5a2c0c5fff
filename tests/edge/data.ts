/**
 * Stands in for `tests/helpers/data.ts` where there are no files: whoever made the bundle put them into it.
 *
 * @module
 */

/** Where the bundle keeps the files. */
export const DATA_KEY = "aivaultTestData";

/** The text of the file at `path`, relative to the checkout; `undefined` if it is not there. */
export function readData(path: string): string | undefined {
  const files: unknown = Reflect.get(globalThis, DATA_KEY);
  if (typeof files !== "object" || files === null) return undefined;
  const text: unknown = Reflect.get(files, path);
  return typeof text === "string" ? text : undefined;
}
