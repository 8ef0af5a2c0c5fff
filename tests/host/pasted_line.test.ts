/** PastedLine: between the marks of a terminal all is taken before anything is said. */
import assert from "node:assert/strict";
import test from "node:test";
import { PastedLine } from "../../providers/host/pasted_line.ts";
import { MAX_LINE_LENGTH } from "../../providers/host/typed_line.ts";

/** Types keys until the line ends; how it ended, after how many bytes, and what it then holds. */
function typed(keys: string): [string, number, string] {
  const line = new PastedLine();
  const bytes = new TextEncoder().encode(keys);
  for (const [i, byte] of bytes.entries()) {
    const end = line.type(byte);
    if (end !== "more") return [end, i + 1, new TextDecoder().decode(line.bytes())];
  }
  return ["more", bytes.length, new TextDecoder().decode(line.bytes())];
}

const pasted = (text: string): string => `\x1b[200~${text}\x1b[201~`;

/** How a line ended, and that it took every byte of `keys`. */
function ending(keys: string): string {
  const [end, count] = typed(keys);
  assert.equal(count, new TextEncoder().encode(keys).length, JSON.stringify(keys));
  return end;
}

test("PastedLine takes what is typed as it comes", () => {
  assert.deepEqual(typed("pass wörd\r"), ["done", 11, "pass wörd"]);
  assert.deepEqual(typed("ab\x7fc\r"), ["done", 5, "ac"]);
  assert.deepEqual(typed("\x03"), ["cancelled", 1, ""]);
});

test("PastedLine goes on behind what was pasted, and ends with it if that ended with a newline", () => {
  assert.deepEqual(typed(`${pasted("one")} two\r`), ["done", 20, "one two"]);
  for (const newline of ["\r", "\n", "\r\n", "\r\r"]) {
    const keys = pasted(`a\tb${newline}`);
    assert.deepEqual(typed(keys), ["done", keys.length, "a\tb"]);
  }
});

test("PastedLine takes many lines to their end, and says so", () => {
  assert.equal(ending(pasted("-----BEGIN\rtouch pwned\r")), "many");
  assert.equal(ending(pasted("a\rb")), "many");
  assert.equal(ending(pasted(`a\r${"b".repeat(2 * MAX_LINE_LENGTH)}`)), "many");
  // Without the end of it nothing is said.
  assert.equal(ending("\x1b[200~-----BEGIN\rtouch pwned\r"), "more");
});

test("PastedLine takes what stands for no character to its end, and refuses it", () => {
  for (
    const wrong of ["\0", "\x1b", "\x1b[20", "\x7f", "\b", "\x15", "\x04", "\x1b[A", "\x1b[2~"]
  ) {
    assert.equal(ending(pasted(`a${wrong}b`)), "refused", JSON.stringify(wrong));
    assert.equal(ending(pasted(`a${wrong}`)), "refused", JSON.stringify(wrong));
  }
});

test("PastedLine takes a line that is too long to its end, and says so", () => {
  for (const rest of ["a", "a\r", "a\rb\r", "a\0"]) {
    assert.equal(ending(pasted("a".repeat(MAX_LINE_LENGTH) + rest)), "full", rest);
  }
  assert.equal(ending(`${pasted("a".repeat(MAX_LINE_LENGTH))}\r`), "done");
});

test("PastedLine is given up by Ctrl-C in the middle, and refuses every other key with an escape", () => {
  assert.equal(typed("\x1b[200~abc\x03def")[0], "cancelled");
  for (const key of ["\x1b[A", "\x1bOP", "\x1b[3~", "\x1b[202~", "\x1b\x1b"]) {
    assert.equal(typed(`a${key}`)[0], "refused", JSON.stringify(key));
  }
});
