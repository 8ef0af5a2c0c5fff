/**
 * Ids for new secrets.
 *
 * @module
 */

// Of 100,000 rows, 8,192 in order touch each page of a store once, which is what a page costs anyhow.
const LONGEST_RUN = 8_192;

/**
 * Random ids (UUID of RFC 9562, version 4) in runs, each in ascending order: the first of one id, the next of twice as
 * many and so on, up to 8,192.
 *
 * A store keeps rows in the order of their ids, and ids in no order at all would send each of many new rows to another page.
 */
export function* newSecretIds(): Generator<string, never> {
  for (let length = 1;; length = Math.min(2 * length, LONGEST_RUN)) {
    yield* Array.from({ length }, () => crypto.randomUUID()).sort();
  }
}
