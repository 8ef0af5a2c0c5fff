/** Errors: what they are made of, and that they stay so. */
import assert from "node:assert/strict";
import test from "node:test";
import { VaultError, withHints } from "../lib/errors.ts";

test("VaultError is an Error whose message is its two halves, with its code, hints and cause", () => {
  const cause = new TypeError("because");
  const error = new VaultError("BUSY", "try it", "it is busy", { hints: ["wait"], cause });
  assert.ok(error instanceof Error);
  const { name, message, code, attempted, problem, hints } = error;
  assert.deepEqual([name, message], ["VaultError", "try it: it is busy"]);
  assert.deepEqual([code, attempted, problem, hints], ["BUSY", "try it", "it is busy", ["wait"]]);
  assert.equal(error.cause, cause);
  assert.match(String(error.stack), /VaultError|try it/);
});

test("VaultError has no hints and no cause unless they are given", () => {
  for (const options of [undefined, {}, { hints: undefined, cause: undefined }]) {
    const error = new VaultError("BUSY", "a", "b", options);
    assert.deepEqual(error.hints, []);
    assert.ok(!("cause" in error));
  }
  assert.equal(new VaultError("BUSY", "a", "b", { cause: null }).cause, null);
});

test("VaultError keeps its hints, whatever becomes of the list that it was given", () => {
  const hints = ["wait"];
  const error = new VaultError("BUSY", "a", "b", { hints });
  hints.push("more");
  assert.deepEqual(error.hints, ["wait"]);
});

test("withHints() adds hints behind those of a VaultError, which it keeps as the cause", () => {
  const error = new VaultError("BUSY", "try it", "it is busy", { hints: ["wait"] });
  const more = withHints(error, "or come back", "tomorrow");
  assert.ok(more instanceof VaultError);
  assert.deepEqual([more.code, more.message], ["BUSY", "try it: it is busy"]);
  assert.deepEqual(more.hints, ["wait", "or come back", "tomorrow"]);
  assert.equal(more.cause, error);
  assert.deepEqual(error.hints, ["wait"]);
});

test("withHints() gives anything but a VaultError as it is", () => {
  for (const other of [new TypeError("x"), "text", undefined]) {
    assert.equal(withHints(other, "wait"), other);
  }
});
