/**
 * The oldest Node that the npm package supports, 22.13, is not among those that run the tests; what it lacks is not
 * used.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { readTree } from "../../scripts/source_tree.ts";

/** What came to `node:sqlite` after Node 22.13: members of databases, and those of statements. */
const NEWER = [
  "aggregate|createTagStore|deserialize|enableDefensive|isOpen|isTransaction|limits|serialize|setAuthorizer",
  "columns|resetStats|setAllowUnknownNamedParameters|setReturnArrays",
];

test("nothing uses a member of node:sqlite that Node 22.13 lacks", () => {
  const files = [...readTree()].filter(([file, text]) =>
    /^(?:lib|providers)\//.test(file) && text.includes('"node:sqlite"')
  );
  assert.ok(files.length > 5);
  for (const [file, text] of files) {
    assert.doesNotMatch(text, new RegExp(`(?<!\\.)\\.(?:${NEWER.join("|")})\\b`), file);
  }
});
