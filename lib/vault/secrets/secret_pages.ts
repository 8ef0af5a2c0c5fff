/**
 * All secrets of a store, a page at a time.
 *
 * @module
 */
import { disorder } from "../pages_of.ts";
import type { SecretRow } from "./secret.ts";
import { compareText } from "../text.ts";

/**
 * The rows of all secrets in the order of their ids, in pages of `size` at most.
 *
 * @param next The rows above an id, or the first ones: up to `limit`.
 * @throws {VaultError} `INTEGRITY` if a page does not lead on: the store would never come to an end.
 */
export async function* secretPages(
  size: number,
  next: (after: string | undefined, limit: number) => Promise<readonly SecretRow[]>,
): AsyncGenerator<readonly SecretRow[]> {
  let after: string | undefined;
  while (true) {
    const page = await next(after, size);
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < size) return;
    const id = String(last.id);
    if (after !== undefined && compareText(id, after) <= 0) throw disorder();
    after = id;
  }
}
