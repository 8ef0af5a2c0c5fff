/**
 * Many processes at once on one vault, while its master key is rotated: no update may be lost, nobody may fail for a
 * lock, and the audit must be whole. Prints what was measured, how long a reader waited among it.
 *
 *     deno run -A scripts/crowd.ts [--processes 16] [--operations 100] [--seed 1]
 *
 * The processes run on the runtime that runs this script: `bun scripts/crowd.ts` and `node scripts/crowd.ts` work too.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCrowd } from "../tests/crash/crowd/crowd.ts";

const { values: flags } = parseArgs({
  options: {
    processes: { type: "string", default: "16" },
    operations: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
  },
});
const processes = Number(flags.processes);
const operations = Number(flags.operations);
const scratch = mkdtempSync(join(tmpdir(), "aivault-crowd-"));
try {
  const started = performance.now();
  const crowd = { processes, operations, seed: Number(flags.seed) };
  const measured = await runCrowd(join(scratch, "vault"), crowd);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${processes} processes, ${operations} operations each, in ${seconds} s: nothing lost`,
  );
  console.log(`${measured.rotations} rotations of the master key among them`);
  console.log(`${measured.reads} reads, the longest ${Math.round(measured.longestReadMs)} ms`);
  console.log(`the longest write ${Math.round(measured.longestWriteMs)} ms`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
