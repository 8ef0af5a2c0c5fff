/** The variables of the environment. */
import assert from "node:assert/strict";
import process from "node:process";
import test from "node:test";
import { environment } from "../../providers/host/environment.ts";

test("environment() gives the value of a variable that is set, and nothing else", () => {
  process.env["AIVAULT_TEST_VARIABLE"] = "text";
  process.env["AIVAULT_TEST_EMPTY"] = "";
  assert.equal(environment("AIVAULT_TEST_VARIABLE"), "text");
  assert.equal(environment("AIVAULT_TEST_EMPTY"), "");
  for (const name of ["AIVAULT_TEST_NONE", "toString", "constructor", "__proto__"]) {
    assert.equal(environment(name), undefined, name);
  }
});
