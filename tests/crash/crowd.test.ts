/**
 * Several processes at work on one vault while its master key is rotated. `deno run -A scripts/crowd.ts` runs
 * sixteen with a hundred operations each.
 *
 * @module
 */
import test from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import { withDirectory } from "../helpers/program.ts";
import { runCrowd } from "./crowd/crowd.ts";

test("six processes lose no update and see no lock, and another one reads, while rotate-master runs among them", async () => {
  await withDirectory(async (parent) => {
    const crowd = { processes: 6, operations: 25, seed: 6 };
    const { rotations, reads } = await runCrowd(join(parent, "vault"), crowd);
    assert.ok(rotations > 0 && reads > 0);
  });
});
