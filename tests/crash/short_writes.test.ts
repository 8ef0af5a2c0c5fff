/**
 * Writes that the system cuts short, and then refuses: files may not grow beyond a limit (RLIMIT_FSIZE).
 *
 * @module
 */
import test, { after } from "node:test";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, startCommand } from "../helpers/program.ts";
import { commandOf, OPERATIONS } from "./syscalls/operations.ts";
import { copyOf, prepare, type Prepared } from "./syscalls/points.ts";
import { noStrace } from "./syscalls/strace.ts";
import { checkSurvival } from "./syscalls/survival.ts";
import { environmentOf } from "./vaults.ts";

const skip = noStrace();
if (skip !== false) console.warn(`skipped: writes that are cut short: ${skip}`);

/** In KiB: too little for anything, too little for the log, and enough. */
const LIMITS = [0, 70, 1_000];
const NAMES = ["secrets create (large)", "rotate-master, file", "init, file"];

/** Caches of the runtimes would be cut short too. */
const NO_CACHES = {
  NODE_DISABLE_COMPILE_CACHE: "1",
  BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0",
};

const prepared: Prepared[] = [];
after(async () => {
  for (const each of prepared) await each.dispose();
});

for (const name of NAMES) {
  test(`${name} loses nothing when its writes are cut short, and exits with 74 if it is not done`, {
    skip,
  }, async () => {
    const operation = OPERATIONS.find((each) => each.name === name);
    assert.ok(operation);
    const each = await prepare(operation);
    prepared.push(each);
    const codes = new Set<number | null>();
    for (const limit of LIMITS) {
      const parent = await mkdtemp(join(tmpdir(), "aivault-test-"));
      try {
        const world = await copyOf(operation, each.world, join(parent, "vault"));
        // The signal that comes with a refused write is ignored, as a disk sends none.
        const shell = `trap "" XFSZ; ulimit -f ${2 * limit}; exec "$0" "$@"`;
        const { stdin } = operation;
        const { exitCode, stderr } = await ended(
          startCommand(["sh", "-c", shell, ...commandOf(operation, world)], {
            env: { ...environmentOf(world), ...NO_CACHES },
            ...(stdin === undefined ? {} : { stdin }),
          }),
        );
        codes.add(exitCode);
        const result = await checkSurvival(world, operation, each.states);
        if (exitCode === 0) assert.equal(result, "new", "it said that it was done");
        else assert.equal(exitCode, 74, `${limit} KiB: ${stderr}`);
      } finally {
        await rm(parent, { recursive: true, force: true });
      }
    }
    assert.ok(codes.has(74), "some limit was reached");
    assert.ok(codes.has(0), "the last limit was high enough");
  });
}
