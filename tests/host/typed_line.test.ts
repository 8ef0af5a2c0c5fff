/** TypedLine: what a person types becomes bytes, whatever the keys. */
import assert from "node:assert/strict";
import test from "node:test";
import { MAX_LINE_LENGTH, type Typed, TypedLine } from "../../providers/host/typed_line.ts";

/** Types keys until the line ends; how it ended and what it then holds. */
function typed(keys: string): [Typed, string] {
  const line = new TypedLine();
  let end: Typed = "more";
  for (const byte of new TextEncoder().encode(keys)) {
    if (end === "more") end = line.type(byte);
  }
  return [end, new TextDecoder("utf-8", { fatal: true }).decode(line.bytes())];
}

test("TypedLine ends at Enter, whichever byte stands for it", () => {
  assert.deepEqual(typed("pass word\r"), ["done", "pass word"]);
  assert.deepEqual(typed("pass word\n"), ["done", "pass word"]);
  assert.deepEqual(typed("pass word"), ["more", "pass word"]);
  assert.deepEqual(typed("\r"), ["done", ""]);
});

test("TypedLine takes whole characters back, and no more than there are", () => {
  assert.deepEqual(typed("abé\x7f\r"), ["done", "ab"]);
  assert.deepEqual(typed("a🔑b\b\b\r"), ["done", "a"]);
  assert.deepEqual(typed("a\x7f\x7f\x7fb\r"), ["done", "b"]);
  assert.deepEqual(typed("wrong\x15right\r"), ["done", "right"]);
});

test("TypedLine is given up by Ctrl-C, and by Ctrl-D when nothing was typed", () => {
  assert.equal(typed("abc\x03")[0], "cancelled");
  assert.equal(typed("\x04")[0], "cancelled");
  assert.deepEqual(typed("abc\x04"), ["done", "abc"]);
});

test("TypedLine keeps tabs, and refuses keys that stand for no character", () => {
  assert.deepEqual(typed("a\tb\r"), ["done", "a\tb"]);
  for (const key of ["\x1b", "\x00", "\x01", "\x1a"]) assert.equal(typed(`a${key}`)[0], "refused");
});

test("TypedLine is full at 64 KiB, and keeps nothing once wiped", () => {
  const line = new TypedLine();
  for (let i = 0; i < MAX_LINE_LENGTH; i++) assert.equal(line.type(0x61), "more");
  assert.equal(line.type(0x61), "full");
  assert.equal(line.bytes().length, 65_536);
  line.wipe();
  assert.equal(line.bytes().length, 0);
});
