/**
 * Processes that crash on purpose, or wait at a point until they are told to go on.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { aivault, type Ended, runtimeCommand, startCommand } from "../helpers/program.ts";
import { environmentOf, type Target, type World } from "./vaults.ts";

/** What `rotating_child.ts` does. */
export interface Plan {
  readonly world: World;
  /** Where it rotates to; without it the vault is only opened. */
  readonly rotateTo?: Target;
  /** The recovery key that it comes back with, to the provider of the world; the vault's own key is lost. */
  readonly recoverWith?: string;
  /**
   * `step:<RotationStep>`, or `before:` or `after:` a method of the key providers or `security <n>`, its n-th run;
   * `end` for no point.
   */
  readonly at: string;
  /** What happens there: SIGKILL, or a line on standard output and a wait for standard input. */
  readonly how: "kill" | "hold";
}

/** The exit code of a child whose point was not reached. */
export const NOT_REACHED = 42;

/** A child that may be waiting. */
export interface Child {
  /** The next line that it prints; `undefined` when it prints no more. */
  line(): Promise<string | undefined>;
  /** Lets it go on, once. */
  go(): void;
  /** Kills it with SIGKILL. */
  kill(): void;
  /** How it ended. Standard output is what {@linkcode Child.line} did not take. */
  readonly ended: Promise<Ended>;
}

/** Starts a script of this directory with `plan` as its one argument. */
export function startChild(script: string, plan: unknown): Child {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const command = [...runtimeCommand(path), JSON.stringify(plan)];
  const { stdin, stdout, stderr, process: child } = pipes(
    startCommand(command, { keepStdinOpen: true }),
  );
  const errors: string[] = [];
  stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  const lines = createInterface(stdout)[Symbol.asyncIterator]();
  const exit = new Promise<Pick<Ended, "exitCode" | "signal">>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const rest = async (): Promise<string> => {
    const left: string[] = [];
    for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
      left.push(next.value);
    }
    return left.join("\n");
  };
  return {
    async line() {
      const next = await lines.next();
      return next.done === true ? undefined : next.value;
    },
    // The end, too: Deno cannot take back a read of standard input that waits, and would wait with it.
    go: () => void stdin.end("go\n"),
    kill: () => void child.kill("SIGKILL"),
    get ended() {
      return exit.then(async (how) => ({ ...how, stdout: await rest(), stderr: errors.join("") }));
    },
  };
}

function pipes(child: ChildProcess): {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  process: ChildProcess;
} {
  const { stdin, stdout, stderr } = child;
  assert.ok(stdin && stdout && stderr);
  return { stdin, stdout, stderr, process: child };
}

/** Runs `rotating_child.ts` until it has killed itself where the plan says. */
export async function crash(plan: Omit<Plan, "how">): Promise<void> {
  const { exitCode, signal, stderr } = await startChild("rotating_child.ts", {
    ...plan,
    how: "kill",
  }).ended;
  assert.notEqual(exitCode, NOT_REACHED, `the child never came to ${plan.at}`);
  assert.equal(signal, "SIGKILL", stderr);
}

/** Starts `rotating_child.ts`, and waits until it stands where the plan says. */
export async function hold(plan: Omit<Plan, "how">): Promise<Child> {
  const child = startChild("rotating_child.ts", { ...plan, how: "hold" });
  const line = await child.line();
  if (line !== `at ${plan.at}`) {
    const { exitCode, stderr } = await child.ended;
    assert.fail(`the child never came to ${plan.at}; it exited with ${exitCode}: ${stderr}`);
  }
  return child;
}

/** Runs the program in `world`. */
export function runIn(world: World, ...args: string[]): Promise<Ended> {
  return aivault(args, { env: environmentOf(world) });
}

/** Runs the program in `world`, and gives what it prints with `--json`; it must exit 0. */
export async function jsonIn(world: World, ...args: string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await runIn(world, ...args, "--json");
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(stdout);
}
