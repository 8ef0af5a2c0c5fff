/**
 * Long lists of a store, a page at a time, in bounded memory.
 *
 * @module
 */
import { VaultError } from "../errors.ts";

/** How many rows are held at a time. */
export const PAGE = 500;

/**
 * All items that `next` gives, page by page.
 *
 * @param next The items above `last` in their order, `PAGE` of them at most.
 * @param compare The order of the items. A store that breaks it would never come to an end.
 * @throws {VaultError} `INTEGRITY` if an item is not above the one before it.
 */
export async function* pagesOf<T>(
  next: (last: T | undefined) => Promise<readonly T[]>,
  compare: (a: T, b: T) => number,
): AsyncGenerator<T> {
  let last: T | undefined;
  while (true) {
    const page = await next(last);
    for (const item of page) {
      if (last !== undefined && compare(last, item) >= 0) throw disorder();
      last = item;
      yield item;
    }
    if (page.length < PAGE) return;
  }
}

/** The error of rows that do not come in their order. */
export function disorder(): VaultError {
  return new VaultError("INTEGRITY", "read the vault", "its rows are out of order", {
    hints: ["the database is damaged; restore the vault from a backup"],
  });
}
