/**
 * Files of test data. Where there are no files, tests/edge/data.ts stands in for this one.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";

/** The text of the file at `path`, relative to the checkout; `undefined` if it is not there. */
export function readData(path: string): string | undefined {
  const file = new URL(`../../${path}`, import.meta.url);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
