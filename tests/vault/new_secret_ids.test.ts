import assert from "node:assert/strict";
import test from "node:test";
import { newSecretIds } from "../../lib/vault/secrets/new_secret_ids.ts";

function take(count: number): string[] {
  const ids = newSecretIds();
  return Array.from({ length: count }, () => ids.next().value);
}

test("newSecretIds() gives ids of version 4 of RFC 9562, no two alike", () => {
  const ids = take(40_000);
  for (const id of ids) {
    assert.match(id, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  }
  assert.equal(new Set(ids).size, ids.length);
});

test("newSecretIds() gives runs in ascending order, which double up to 8,192", () => {
  const ids = take(
    1 + 2 + 4 + 8 + 16 + 32 + 64 + 128 + 256 + 512 + 1_024 + 2_048 + 4_096 + 3 * 8_192,
  );
  // A run may by chance begin behind the end of the one before, but not nearly all of them.
  const starts = [...ids.keys()].filter((i) => i > 0 && (ids[i] ?? "") < (ids[i - 1] ?? ""));
  assert.ok(starts.length > 5 && starts.length <= 15, String(starts));
  for (const start of starts) {
    assert.ok(
      (start < 8_191 && Number.isInteger(Math.log2(start + 1))) || (start - 8_191) % 8_192 === 0,
    );
  }
});

test("newSecretIds() gives other ids each time, over the whole range", () => {
  const ids = [...take(1_000), ...take(1_000)];
  assert.equal(new Set(ids).size, 2_000);
  // 2,000 random ids miss one of 16 first digits with a probability below 1e-54.
  assert.equal(new Set(ids.map((id) => id[0])).size, 16);
});
