/**
 * The crash proof: kills the program at the system calls by which it writes, and makes such calls fail, and looks
 * each time at what is left.
 *
 *     deno run -A scripts/crash.ts [--points 1000] [--faults 250] [--operation rotate-master] [--jobs 2]
 *
 * Each operation of `tests/crash/syscalls/operations.ts` runs under strace(1) on a copy of its vault. At a point it
 * gets SIGKILL before the call happens, or the call fails with ENOSPC or EIO. Then every secret must be there with
 * its old or its new value, no plaintext may be on the disk, the next command must leave one key and no stray
 * file, the audit must be whole, and the operation can be given again. A call that fails must end in exit code 74,
 * unless the operation took place all the same.
 *
 * It needs Linux and strace, and takes about half a second for each point. The executable is made with Bun;
 * `AIVAULT_TEST_BINARY` names another one.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { type Operation, OPERATIONS } from "../tests/crash/syscalls/operations.ts";
import {
  errorAt,
  failable,
  type Outcome,
  prepare,
  type Prepared,
  spread,
  tryPoint,
} from "../tests/crash/syscalls/points.ts";
import { noStrace } from "../tests/crash/syscalls/strace.ts";
import { ROOT } from "./source_tree.ts";
import { findRuntime } from "./testing/runtimes.ts";

const { values: flags } = parseArgs({
  options: {
    points: { type: "string", default: "1000" },
    faults: { type: "string", default: "250" },
    operation: { type: "string", default: "" },
    jobs: { type: "string", default: "2" },
  },
});

const reason = noStrace();
if (reason === false) await main();
else console.log(`skipped: the crash proof ${reason}`);

async function main(): Promise<void> {
  const operations = OPERATIONS.filter(({ name }) => name.includes(flags.operation));
  const scratch = mkdtempSync(join(tmpdir(), "aivault-crash-"));
  try {
    process.env["AIVAULT_TEST_BINARY"] ??= compile(join(scratch, "aivault"));
    const started = performance.now();
    const outcomes = await tryAll(operations);
    const seconds = Math.round((performance.now() - started) / 1000);
    printTable(operations, outcomes);
    console.log(`in ${seconds} seconds`);
    process.exitCode = outcomes.some(({ result }) => result instanceof Error) ? 1 : 0;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The program as an executable, which starts in a tenth of a second. */
function compile(path: string): string {
  const { command } = findRuntime("bun", ROOT);
  const args = ["build", "--compile", "cli.ts", "--outfile", path];
  execFileSync(command, args, { cwd: ROOT, stdio: "ignore" });
  return path;
}

async function tryAll(operations: readonly Operation[]): Promise<Outcome[]> {
  const prepared: Prepared[] = [];
  try {
    for (const operation of operations) prepared.push(await prepare(operation));
    const rooms = prepared.map(({ calls }) => calls.length);
    const kills = share(Number(flags.points), rooms);
    const faults = share(Number(flags.faults), rooms);
    const queue = prepared.flatMap((each, at) => [
      ...spread(each.calls, kills[at] ?? 0).map((call) => () => tryPoint(each, call, "SIGKILL")),
      ...spread(failable(each.calls), faults[at] ?? 0).map((call) => () =>
        tryPoint(each, call, errorAt(call))
      ),
    ]);
    return await runAll(queue);
  } finally {
    for (const each of prepared) await each.dispose();
  }
}

async function runAll(queue: (() => Promise<Outcome>)[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const outcome = await next();
      outcomes.push(outcome);
      const { operation, what, point, result } = outcome;
      if (result instanceof Error) {
        console.log(`LOST ${operation}: ${what} at ${point}\n${result.stack}`);
      }
      if (outcomes.length % 100 === 0) {
        console.log(`${outcomes.length} points, ${queue.length} to go`);
      }
    }
  };
  await Promise.all(Array.from({ length: Number(flags.jobs) }, worker));
  return outcomes;
}

/** Shares `total` out to `rooms` as evenly as they have room. */
function share(total: number, rooms: readonly number[]): number[] {
  const shares = rooms.map(() => 0);
  let left = Math.min(total, rooms.reduce((sum, room) => sum + room, 0));
  while (left > 0) {
    for (const [at, room] of rooms.entries()) {
      if (left === 0 || shares[at] === room) continue;
      shares[at] = (shares[at] ?? 0) + 1;
      left--;
    }
  }
  return shares;
}

function printTable(operations: readonly Operation[], outcomes: readonly Outcome[]): void {
  const rows = operations.map(({ name }) =>
    row(name, outcomes.filter((o) => o.operation === name))
  );
  console.log(line(["operation", "killed", "before", "after", "failed", "survived", "lost"]));
  for (const each of [...rows, row("all", outcomes)]) console.log(line(each));
  const missed = outcomes.filter(({ result }) => result === "missed").length;
  const near = outcomes.filter((o) => o.what === "SIGKILL" && o.result !== "missed" && !o.isExact);
  console.log(
    `killed: died of SIGKILL, before or after it took place; failed: a call that was made to fail.
${missed} more points were not reached; of the kills ${near.length} hit a call of the runtime's own beside one.`,
  );
}

function row(name: string, all: readonly Outcome[]): string[] {
  const reached = all.filter(({ result }) => result !== "missed");
  const kills = reached.filter(({ what }) => what === "SIGKILL");
  const lost = reached.filter(({ result }) => result instanceof Error).length;
  return [
    name,
    ...[
      kills.length,
      kills.filter(({ result }) => result === "old").length,
      kills.filter(({ result }) => result === "new").length,
      reached.length - kills.length,
      reached.length - lost,
      lost,
    ].map(String),
  ];
}

function line([name = "", ...numbers]: readonly string[]): string {
  return `| ${[name.padEnd(32), ...numbers.map((text) => text.padStart(8))].join(" | ")} |`;
}
