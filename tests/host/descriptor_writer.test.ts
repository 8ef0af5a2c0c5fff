/**
 * descriptorWriter(): all text is with the system when it returns, whatever the descriptor takes at once, and a reader that
 * went away is no failure.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { VaultError } from "../../lib/errors.ts";
import { type DescriptorWrite, descriptorWriter } from "../../providers/host/descriptor_writer.ts";

const refusal = (code: string): Error => Object.assign(new Error(code), { code });

/** A descriptor that does for each call what `answers` say, and then takes everything. */
function descriptor(answers: (number | string)[]) {
  const taken: number[] = [];
  const asked: number[] = [];
  const write: DescriptorWrite = (fd, bytes, offset, length) => {
    assert.equal(fd, 1);
    asked.push(length);
    const answer = answers.shift() ?? length;
    if (typeof answer === "string") throw refusal(answer);
    const piece = bytes.subarray(offset, offset + Math.min(answer, length));
    taken.push(...piece);
    return piece.length;
  };
  return { write, asked, text: () => new TextDecoder().decode(Uint8Array.from(taken)) };
}

test("descriptorWriter() writes the rest when only a part is taken, also in the middle of a character", async () => {
  const { write, text } = descriptor([3, 1, 2]);
  const writer = descriptorWriter(1, () => assert.fail("no failure"), write);
  writer.write("äöü ");
  assert.equal(await writer.deliver("✓\n"), true);
  await writer.drained();
  assert.equal(text(), "äöü ✓\n");
});

test("descriptorWriter() waits for a full pipe that does not wait itself, and writes nothing twice", () => {
  const { write, text, asked } = descriptor(["EAGAIN", 2, "EAGAIN", "EWOULDBLOCK"]);
  const writer = descriptorWriter(1, () => assert.fail("no failure"), write);
  writer.write("abcdef");
  assert.equal(text(), "abcdef");
  assert.deepEqual(asked, [6, 6, 4, 4, 4]);
});

test("descriptorWriter() asks for no more at once than every pipe takes wholly or not at all", () => {
  const { write, text, asked } = descriptor([]);
  const long = "0123456789".repeat(1000);
  descriptorWriter(1, () => assert.fail("no failure"), write).write(long);
  assert.equal(text(), long);
  // _POSIX_PIPE_BUF
  assert.ok(asked.every((length) => length <= 512));
});

for (const code of ["EPIPE", "ENOSPC"]) {
  test(`descriptorWriter() drops later text when it fails with ${code}, and tells of a loss once`, async () => {
    const { write, text, asked } = descriptor([2, code]);
    const failures: unknown[] = [];
    const writer = descriptorWriter(1, (error) => failures.push(error), write);
    assert.equal(await writer.deliver("abcdef"), false);
    writer.write("more");
    assert.equal(await writer.deliver("more"), false);
    await writer.drained();
    assert.equal(text(), "ab");
    assert.equal(asked.length, 2);
    if (code === "EPIPE") return assert.deepEqual(failures, []);
    assert.equal(failures.length, 1);
    assert.ok(failures[0] instanceof VaultError && failures[0].code === "DISK");
  });
}
