/**
 * Kills the process that repairs what a killed rotation left behind.
 *
 * @module
 */
import test from "node:test";
import { join } from "node:path";
import { withDirectory } from "../helpers/program.ts";
import { before, checkRotatesAgain, checkWhole, rotated } from "./after_crash.ts";
import { crash } from "./children.ts";
import { makeVault, type Target } from "./vaults.ts";

interface Case {
  readonly target: Target;
  /** Where the rotation is killed. */
  readonly at: string;
  /** Where those that repair it are killed, one after the other. */
  readonly repairs: readonly string[];
}

const cases: readonly Case[] = [
  { target: "same", at: "after:stage", repairs: ["before:discard", "after:discard"] },
  { target: "same", at: "step:stored", repairs: ["before:commit", "after:commit"] },
  { target: "same", at: "after:commit", repairs: ["before:commit", "after:commit"] },
  { target: "passphrase", at: "step:rewrapped", repairs: ["before:discard", "after:discard"] },
  {
    target: "passphrase",
    at: "step:stored",
    repairs: ["before:commit", "after:commit", "before:retire", "after:retire"],
  },
];

for (const { target, at, repairs } of cases) {
  const to = target === "same" ? "another key file" : "a passphrase";
  test(`Vault.open() loses nothing when killed at ${repairs.join(", ")} while it repairs a rotation to ${to} that was killed at ${at}`, async () => {
    await withDirectory(async (parent) => {
      const world = await makeVault(join(parent, "vault"), "file");
      const from = await before(world);
      await crash({ world, rotateTo: target, at });
      const committed = !repairs.includes("before:discard");
      const now = committed ? rotated(world, target) : world;
      // A repair that has nothing left to retire does not come to that point any more.
      for (const repair of repairs) await crash({ world: now, at: repair });
      await checkWhole(now, from, committed ? 1 : 0);
      await checkRotatesAgain(now, from);
    });
  });
}
