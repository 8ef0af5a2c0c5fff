/** What is said of an error that is not one of aivault's own: its message may quote what it was given. */
import assert from "node:assert/strict";
import test from "node:test";
import { reportError } from "../../lib/cli/report.ts";
import { traceLines } from "../../lib/cli/trace.ts";
import { VaultError } from "../../lib/errors.ts";

const SECRET = "hunter2";

/** What is printed of `error`, on both streams. */
function printed(error: unknown, asJson: boolean): { exitCode: number; text: string } {
  let text = "";
  const output = {
    write: (more: string) => void (text += more),
    deliver: () => Promise.resolve(true),
    drained: () => Promise.resolve(),
    hasColour: false,
  };
  const exitCode = reportError({ stdout: output, stderr: output }, error, asJson);
  return { exitCode, text };
}

const FOREIGN: readonly (readonly [unknown, string])[] = [
  [new RangeError(`the value ${SECRET} is odd`), "RangeError"],
  [new TypeError(SECRET, { cause: new Error(SECRET) }), "TypeError"],
  [SECRET, "string"],
  [{ message: SECRET }, "object"],
];

test("an error of a library or the platform is named by its class, and its message is not printed", () => {
  for (const [error, name] of FOREIGN) {
    for (const asJson of [false, true]) {
      const { exitCode, text } = printed(error, asJson);
      assert.equal(exitCode, 1);
      assert.ok(text.includes(`unexpected failure (${name})`), text);
      assert.doesNotMatch(text, new RegExp(SECRET));
    }
    assert.doesNotMatch(traceLines(error).join("\n").replaceAll(import.meta.url, ""), /hunter2/);
  }
});

test("the cause of an error of aivault's own is in no message, and in the trace by its class", () => {
  const cause = new SyntaxError(SECRET);
  const error = new VaultError("DISK", "write the vault", "the disk is full", { cause });
  assert.doesNotMatch(printed(error, true).text, /hunter2|SyntaxError/);
  const trace = traceLines(error).join("\n");
  assert.match(trace, /caused by SyntaxError/);
  assert.doesNotMatch(trace, /hunter2/);
});

test("traceLines() takes no line of a message for one of the stack", () => {
  const message = "first\n    at hunter2 (file:///nowhere)\nlast";
  const trace = traceLines(new TypeError(message, { cause: new RangeError(message) })).join("\n");
  assert.doesNotMatch(trace, /hunter2/);
  assert.match(trace, /^TypeError\n\s+at [^]*\ncaused by RangeError\n\s+at /);
});
