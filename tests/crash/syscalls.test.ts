/**
 * The crash proof in short: the program is killed at some of the system calls by which it writes, and some fail.
 * `deno run -A scripts/crash.ts` tries them all.
 *
 * @module
 */
import test, { after } from "node:test";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withDirectory } from "../helpers/program.ts";
import { run, withRaw } from "../helpers/raw_database.ts";
import { type Operation, OPERATIONS } from "./syscalls/operations.ts";
import { errorAt, prepare, type Prepared, spread, tryPoint } from "./syscalls/points.ts";
import { noStrace } from "./syscalls/strace.ts";
import { checkSurvival } from "./syscalls/survival.ts";
import { copyVault, type World } from "./vaults.ts";

const skip = noStrace();
if (skip !== false) console.warn(`skipped: the crash proof ${skip}`);

const NAMES = ["secrets create", "rotate-master, file", "recovery use", "init, file"];
const KILLS = 5;
const FAULTS = 2;

function operationOf(name: string): Operation {
  const operation = OPERATIONS.find((each) => each.name === name);
  assert.ok(operation);
  return operation;
}

const prepared = new Map<string, Promise<Prepared>>();
after(async () => {
  for (const each of prepared.values()) await (await each).dispose();
});

/** Prepares an operation once. */
function preparedFor(name: string): Promise<Prepared> {
  const found = prepared.get(name) ?? prepare(operationOf(name));
  prepared.set(name, found);
  return found;
}

for (const name of NAMES) {
  test(
    `${name} loses nothing when it is killed at a system call by which it writes, or one fails`,
    {
      skip,
    },
    async () => {
      const prepared = await preparedFor(name);
      const points = [
        ...spread(prepared.calls, KILLS).map((call) => ({ call, what: "SIGKILL" as const })),
        ...spread(prepared.calls, FAULTS).map((call) => ({ call, what: errorAt(call) })),
      ];
      let reached = 0;
      for (const { call, what } of points) {
        const { result, point } = await tryPoint(prepared, call, what);
        if (result instanceof Error) throw new Error(`${what} at ${point}`, { cause: result });
        if (result !== "missed") reached++;
      }
      assert.ok(reached > 0, "some of the points were reached");
    },
  );
}

const losses: readonly { what: string; harm: (world: World) => Promise<void> | void }[] = [
  {
    what: "a lost secret",
    harm: ({ directory }) =>
      raw(directory, "delete from secrets where id = (select min(id) from secrets)"),
  },
  {
    what: "an event that was taken out",
    harm: ({ directory }) => raw(directory, "delete from audit where seq = 3"),
  },
  {
    what: "a stray key file",
    harm: ({ directory }) => writeFile(join(directory, "kek.key.old"), "key"),
  },
  {
    what: "a plaintext on the disk",
    harm: ({ directory }) => writeFile(join(directory, "vault.db-x"), "..plain-value-1.."),
  },
];

function raw(directory: string, sql: string): void {
  withRaw(join(directory, "vault.db"), (database) => assert.equal(run(database, sql), 1));
}

for (const { what, harm } of losses) {
  test(`the crash proof notices ${what}`, { skip }, async () => {
    const { world, operation, states } = await preparedFor("secrets create");
    await withDirectory(async (parent) => {
      const copy = await copyVault(world, join(parent, "vault"));
      await harm(copy);
      await assert.rejects(checkSurvival(copy, operation, states), assert.AssertionError);
    });
  });
}
