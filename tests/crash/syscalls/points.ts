/**
 * Kills an operation at system calls by which it writes, or makes them fail, one after the other.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peek, stateOf } from "../inspect.ts";
import { copyVault, environmentOf, makeVault, withVault, type World, worldIn } from "../vaults.ts";
import { commandOf, LOST_KEY, type Operation } from "./operations.ts";
import { type Call, callsBelow, type Injection, traced } from "./strace.ts";
import { checkSurvival, type States } from "./survival.ts";

/** Secrets beside the samples, so that the vault has some pages. */
const MORE = 40;

/** An operation with a vault that it has not yet been done to. */
export interface Prepared {
  readonly operation: Operation;
  readonly world: World;
  readonly states: States;
  /** The calls by which it writes files of the vault. */
  readonly calls: readonly Call[];
  /** Removes the vault. */
  dispose(): Promise<void>;
}

/** What came of one point. */
export interface Outcome {
  readonly operation: string;
  /** `pwrite64 12 vault.db-wal`. */
  readonly point: string;
  /** What was injected there. */
  readonly what: Injection["what"];
  /**
   * Whether the operation had not yet taken place, or had; `missed` if it came to its end without reaching the
   * point, or the failing call was one of the runtime's own; otherwise what was lost.
   */
  readonly result: "old" | "new" | "missed" | Error;
  /** Whether a write of the vault's own files was hit, and not one of the runtime at about that time. */
  readonly isExact: boolean;
}

/** Makes a vault for `operation`, does it to a copy, and traces it on another. */
export async function prepare(operation: Operation): Promise<Prepared> {
  const parent = await mkdtemp(join(tmpdir(), "aivault-test-"));
  const world = await makeWorld(operation, join(parent, "vault"));
  const isMissing = operation.makesVault || operation.bringsBack === "vault";
  const before = isMissing ? [] : await stateOf(world);
  const { kekId, auditSeq } = isMissing
    ? { kekId: undefined, auditSeq: 0 }
    : await peek(world.directory);
  if (operation.bringsBack !== undefined) await lose(world, operation.bringsBack);
  const done = await copyOf(operation, world, join(parent, "done"));
  const log = join(parent, "trace");
  const { stdin } = operation;
  const { exitCode, stderr } = await traced(commandOf(operation, done), log, {
    env: environmentOf(done),
    ...(stdin === undefined ? {} : { stdin }),
  });
  assert.equal(exitCode, 0, `${operation.name}: ${stderr}`);
  const calls = await callsBelow(log, parent);
  assert.ok(calls.length > 0, `${operation.name} writes nothing`);
  const changed = operation.rotatesTo === undefined ? await stateOf(done) : before;
  const changes = operation.rotatesTo === undefined && !operation.makesVault;
  if (changes && !operation.keepsSecrets) assert.notDeepEqual(changed, before);
  return {
    operation,
    world,
    states: { before, after: changed, kekId, auditSeq },
    calls,
    dispose: () => rm(parent, { recursive: true, force: true }),
  };
}

async function makeWorld(operation: Operation, directory: string): Promise<World> {
  const { provider, makesVault = false } = operation;
  if (makesVault) return worldIn(directory, provider);
  const world = await makeVault(directory, provider);
  await withVault(world, async (vault) => {
    await vault.import(Array.from({ length: MORE }, (_, n) => ({
      name: `MORE_${n}`,
      value: new TextEncoder().encode(`one more value ${n}`.padEnd(40 * n, "+")),
    })));
  });
  await operation.beforehand?.(world);
  return world;
}

async function lose({ directory }: World, what: "vault" | "key"): Promise<void> {
  if (what === "vault") await rm(join(directory, "vault.db"));
  else await rename(join(directory, "kek.key"), join(directory, LOST_KEY));
}

/** A copy of the vault that `operation` is to be done to; a place for one if it makes it. */
export async function copyOf(
  operation: Operation,
  world: World,
  directory: string,
): Promise<World> {
  return operation.makesVault ? { ...world, directory } : await copyVault(world, directory);
}

/** Up to `count` of `all`, evenly spread, never one twice. */
export function spread<T>(all: readonly T[], count: number): T[] {
  if (count >= all.length) return [...all];
  return Array.from({ length: count }, (_, n) => all[Math.floor((n * all.length) / count)])
    .filter((each) => each !== undefined);
}

/** Does the operation to a copy of its vault, with something injected at `call`, and looks at what is left. */
export async function tryPoint(
  prepared: Prepared,
  call: Call,
  what: Injection["what"],
): Promise<Outcome> {
  const { operation, states } = prepared;
  const parent = await mkdtemp(join(tmpdir(), "aivault-test-"));
  const point = `${call.name} ${call.count} ${call.paths.map(baseName).join(" ")}`;
  const outcome = { operation: operation.name, point, what };
  try {
    const world = await copyOf(operation, prepared.world, join(parent, "vault"));
    const log = join(parent, "trace");
    const { stdin } = operation;
    const fromThenOn = what === "ENOSPC" && call.name === "pwrite64";
    const injection = { name: call.name, count: call.count, what, fromThenOn };
    const ended = await traced(commandOf(operation, world), log, {
      env: environmentOf(world),
      ...(stdin === undefined ? {} : { stdin }),
    }, injection);
    const isExact = await isHit(log, parent, what);
    // A runtime whose own call fails may do anything.
    const isAimed = what === "SIGKILL" || isExact;
    assert.ok(!ended.hangs || !isAimed, "it hangs");
    const result = await checkSurvival(world, operation, states);
    if (what === "SIGKILL" && ended.signal === null) {
      assert.equal(ended.exitCode, 0, ended.stderr);
      return { ...outcome, result: "missed", isExact };
    }
    if (!isAimed) return { ...outcome, result: "missed", isExact };
    if (what !== "SIGKILL") checkExit(ended.exitCode, ended.stderr, result);
    return { ...outcome, result, isExact };
  } catch (error) {
    const result = error instanceof Error ? error : new Error(String(error));
    return { ...outcome, result, isExact: true };
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

/** Whether what was injected hit calls on files of the vault, and no others. */
async function isHit(log: string, directory: string, what: Injection["what"]): Promise<boolean> {
  const calls = await callsBelow(log, directory);
  if (what === "SIGKILL") return calls.some(({ isLast }) => isLast);
  const hit = calls.filter(({ text }) => text.includes("(INJECTED)")).length;
  const all = (await readFile(log, "utf8")).split("(INJECTED)").length - 1;
  return hit > 0 && hit === all;
}

/** A command whose write failed says so, unless it could do without it. */
function checkExit(exitCode: number | null, stderr: string, result: "old" | "new"): void {
  if (exitCode === 0) assert.equal(result, "new", "it said that it was done");
  else assert.equal(exitCode, 74, stderr);
}

/** Those of `calls` that may be made to fail: what the stand-in for the Keychain writes is none of the program's. */
export function failable(calls: readonly Call[]): Call[] {
  return calls.filter(({ paths }) => !paths.some((path) => path.includes(".keychain.json")));
}

/** The error that can happen at `call` on a disk that is full or fails. */
export function errorAt(call: Call): "EIO" | "ENOSPC" {
  return /^(p?write|open|creat|mkdir|link|fallocate|ftruncate)/.test(call.name) ? "ENOSPC" : "EIO";
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\d+\.[0-9a-f-]{36}\.tmp/g, "tmp");
}
