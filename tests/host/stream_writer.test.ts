/**
 * streamWriter(): text goes out in order, little of it waits in memory, and a reader that went away is no failure.
 */
import assert from "node:assert/strict";
import { Writable } from "node:stream";
import test from "node:test";
import { streamWriter } from "../../providers/host/stream_writer.ts";

/** A stream that takes a piece only when it is told to. */
function slowStream() {
  const taken: string[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const stream = new Writable({
    highWaterMark: 10,
    write(chunk, _, done) {
      taken.push(String(chunk));
      waiting.push(done);
    },
  });
  // A standard stream has more members, none of which is used.
  return { stream: stream as unknown as NodeJS.WriteStream, taken, waiting };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => settled = true);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  return settled;
}

test("streamWriter(): drained() waits while the stream holds much, and goes on when it has taken it", async () => {
  const { stream, taken, waiting } = slowStream();
  const writer = streamWriter(stream, () => assert.fail("no failure"));
  await writer.drained();
  writer.write("0123456789");
  writer.write("abc");
  const drained = writer.drained();
  assert.equal(await isSettled(drained), false);
  waiting.shift()?.();
  assert.equal(await isSettled(drained), false);
  await new Promise((resolve) => setTimeout(resolve, 0));
  waiting.shift()?.();
  await drained;
  assert.deepEqual(taken, ["0123456789", "abc"]);
  assert.equal(stream.listenerCount("drain"), 0);
});

test("streamWriter(): deliver() tells whether the stream has taken the text", async () => {
  const { stream, taken, waiting } = slowStream();
  const writer = streamWriter(stream, () => {});
  const delivered = writer.deliver("abc");
  assert.equal(await isSettled(delivered), false);
  waiting.shift()?.();
  assert.equal(await delivered, true);
  const lost = writer.deliver("def");
  waiting.shift()?.(Object.assign(new Error("EPIPE"), { code: "EPIPE" }));
  assert.equal(await lost, false);
  assert.equal(await writer.deliver("ghi"), false);
  assert.deepEqual(taken, ["abc", "def"]);
});

for (const code of ["EPIPE", "ENOSPC"]) {
  test(`streamWriter(): drained() ends when the stream fails with ${code}, and later text is dropped`, async () => {
    const { stream, taken, waiting } = slowStream();
    const failures: unknown[] = [];
    const writer = streamWriter(stream, (error) => failures.push(error));
    writer.write("0123456789");
    const drained = writer.drained();
    waiting.shift()?.(Object.assign(new Error(code), { code }));
    await drained;
    writer.write("more");
    await writer.drained();
    assert.deepEqual(taken, ["0123456789"]);
    assert.equal(failures.length, code === "EPIPE" ? 0 : 1);
  });
}
