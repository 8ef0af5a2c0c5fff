/** `aivault doctor` on a vault whose rotation of the master key was killed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { withDirectory } from "../helpers/program.ts";
import { crash, jsonIn } from "./children.ts";
import { filesIn, peek } from "./inspect.ts";
import { checkValues, makeVault, withVault } from "./vaults.ts";

for (const at of ["step:intent", "after:stage", "step:stored"]) {
  test(`doctor finds a rotation that was killed at ${at}, leaves it alone, and settles it with --fix`, async () => {
    await withDirectory(async (parent) => {
      const world = await makeVault(join(parent, "vault"), "file");
      await crash({ world, rotateTo: "same", at });
      const { rotation } = await peek(world.directory);
      assert.notEqual(rotation, null);
      const found = await jsonIn(world, "doctor");
      assert.equal(found["healthy"], true);
      assert.match(JSON.stringify(found["checks"]), /a rotation to file (took place|was begun)/);
      assert.deepEqual((await peek(world.directory)).rotation, rotation);
      const fixed = await jsonIn(world, "doctor", "--fix");
      assert.match(JSON.stringify(fixed["mended"]), /settled the rotation/);
      assert.equal((await peek(world.directory)).rotation, null);
      assert.deepEqual(await filesIn(world.directory), ["kek.key", "vault.db"]);
      await withVault(world, checkValues);
    });
  });
}
