/**
 * Wrapping keys anew under another KEK, many at a time.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { open } from "../../lib/crypto/aead.ts";
import { randomBytes } from "../../lib/crypto/bytes.ts";
import { holdKek } from "../../lib/vault/keys/kek.ts";
import { KEK, OTHER_KEK, utf8 } from "../helpers/vaults.ts";

async function wrapped(count: number) {
  const handle = holdKek(KEK, "vault");
  const keys = Array.from({ length: count }, () => randomBytes(32));
  const batch = await Promise.all(keys.map(async (key, i) => {
    const from = utf8(`from ${i}`);
    return { wrapped: await handle.wrap(key, from), from, to: utf8(`to ${i}`) };
  }));
  return { handle, keys, batch };
}

test("KekHandle.rewrapper() wraps each key of a batch under the other KEK and its own new context", async () => {
  const { handle, keys, batch } = await wrapped(3);
  const next = OTHER_KEK.slice();
  const rewrapper = await handle.rewrapper(next);
  next.fill(0);
  const rewrapped = await rewrapper.rewrap(batch);
  assert.equal(rewrapped.length, 3);
  for (const [i, each] of rewrapped.entries()) {
    assert.ok(each !== undefined);
    assert.deepEqual(open(OTHER_KEK, each, utf8(`to ${i}`)), keys[i]);
  }
});

test("KekHandle.rewrapper() gives undefined for what is not authentic or not a key, and for nothing else", async () => {
  const { handle, keys, batch } = await wrapped(4);
  const [first, second, third, fourth] = batch;
  assert.ok(first && second && third && fourth);
  const flipped = second.wrapped.map((byte, i) => i === 30 ? byte ^ 1 : byte);
  const long = await handle.wrap(randomBytes(33), third.from);
  const rewrapped = await (await handle.rewrapper(OTHER_KEK)).rewrap([
    first,
    { ...second, wrapped: flipped },
    { ...third, wrapped: long },
    { ...second, from: first.from },
    fourth,
  ]);
  assert.deepEqual(rewrapped.map((each) => each !== undefined), [true, false, false, false, true]);
  const last = rewrapped[4];
  assert.ok(last !== undefined);
  assert.deepEqual(open(OTHER_KEK, last, fourth.to), keys[3]);
});

test("KekHandle.rewrapper() fails with LOCKED once it or its handle is closed", async () => {
  const { handle, batch } = await wrapped(1);
  const closed = await handle.rewrapper(OTHER_KEK);
  closed.close();
  await assert.rejects(closed.rewrap(batch), { code: "LOCKED" });
  const orphan = await handle.rewrapper(OTHER_KEK);
  handle.close();
  await assert.rejects(orphan.rewrap(batch), { code: "LOCKED" });
});
