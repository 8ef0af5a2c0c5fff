/** What `unlock` finds of a rotation of the master key that was killed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { stopAgents } from "../helpers/agents.ts";
import { ended, startCommand, unboundCommand, withDirectory } from "../helpers/program.ts";
import { rotated } from "./after_crash.ts";
import { crash } from "./children.ts";
import { filesIn, peek } from "./inspect.ts";
import { checkValues, environmentOf, makeVault, type Target, withVault } from "./vaults.ts";

interface Case {
  readonly from: "file" | "passphrase";
  readonly target: Target;
  /** Where the rotation is killed. */
  readonly at: string;
  readonly isStored: boolean;
  /** What is in the vault's directory afterwards, but for the agent's own. */
  readonly files: readonly string[];
}

const cases: readonly Case[] = [
  {
    from: "file",
    target: "same",
    at: "step:stored",
    isStored: true,
    files: ["kek.key", "vault.db"],
  },
  {
    from: "file",
    target: "same",
    at: "step:rewrapped",
    isStored: false,
    files: ["kek.key", "vault.db"],
  },
  { from: "file", target: "passphrase", at: "step:stored", isStored: true, files: ["vault.db"] },
  { from: "passphrase", target: "same", at: "step:stored", isStored: true, files: ["vault.db"] },
  {
    from: "passphrase",
    target: "same",
    at: "step:rewrapped",
    isStored: false,
    files: ["vault.db"],
  },
];

for (const { from, target, at, isStored, files } of cases) {
  const to = target === "same" ? `another key of ${from}` : "a passphrase";
  const what = isStored ? "finishes" : "discards";
  test(`unlock ${what} a rotation from ${from} to ${to} that was killed at ${at}`, async () => {
    await withDirectory(async (parent) => {
      const world = await makeVault(join(parent, "vault"), from);
      const { kekId } = await peek(world.directory);
      await crash({ world, rotateTo: target, at });
      const left = await peek(world.directory);
      assert.notEqual(left.rotation, null);
      assert.equal(left.kekId !== kekId, isStored);
      const now = isStored ? rotated(world, target) : world;
      try {
        const env = environmentOf(now);
        const run = await ended(startCommand([...unboundCommand(), "unlock"], { env }));
        assert.equal(run.exitCode, 0, run.stderr);
        const settled = await peek(world.directory);
        assert.deepEqual([settled.rotation, settled.kekId], [null, left.kekId]);
        const kept = (await filesIn(world.directory)).filter((name) =>
          !name.startsWith("run") && !/-(wal|shm)$/.test(name)
        );
        assert.deepEqual(kept, files);
        await withVault(now, checkValues);
      } finally {
        await stopAgents(parent);
      }
    });
  });
}
