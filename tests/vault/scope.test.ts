/** How scopes and groups are written for people, in messages and in the audit. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import {
  describeGroup,
  describeScope,
  type Group,
  sameScope,
} from "../../lib/vault/secrets/scope.ts";

test("describeScope() says what kind of scope it is, and whose", () => {
  assert.equal(describeScope({ kind: "global" }), "global");
  assert.equal(describeScope({ kind: "workspace", workspaceId: "a/b" }), "workspace a/b");
  assert.equal(describeScope({ kind: "group", workspaceId: "W", groupId: "G" }), "group W/G");
});

test("describeGroup() writes no two groups alike", () => {
  const slashed = [["a/b", "c", '"a/b"/c'], ["a", "b/c", 'a/"b/c"'], ['"a', "b", '"\\"a"/b']];
  for (const [workspaceId = "", groupId = "", text] of slashed) {
    assert.equal(describeGroup({ workspaceId, groupId }), text);
  }
  const id = fc.string({
    unit: fc.constantFrom("a", "/", '"', "\\", " "),
    minLength: 1,
    maxLength: 5,
  });
  const group: fc.Arbitrary<Group> = fc.record({ workspaceId: id, groupId: id });
  fc.assert(
    fc.property(group, group, (one, other) => {
      const isSame = sameScope({ kind: "group", ...one }, { kind: "group", ...other });
      assert.equal(describeGroup(one) === describeGroup(other), isSame);
    }),
    { numRuns: 5_000 },
  );
});
