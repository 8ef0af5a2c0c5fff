/**
 * Kills `backup create` and `backup restore` at system calls by which they write, or makes those fail: the vault is the
 * old one or the restored one, whole, and a backup is there whole or not at all.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { aivault, programCommand, withDirectory } from "../helpers/program.ts";
import { filesWith, listFiles } from "../helpers/files.ts";
import { filesIn, stateOf } from "./inspect.ts";
import { type Call, callsBelow, noStrace, traced } from "./syscalls/strace.ts";
import { errorAt, spread } from "./syscalls/points.ts";
import { copyVault, environmentOf, makeVault, withVault, type World } from "./vaults.ts";

const skip = noStrace();
if (skip !== false) console.warn(`skipped: the crash proof of backups ${skip}`);

/** For each test; beside those where names change; `AIVAULT_TEST_KILLS=200` tries more. */
const KILLS = Number(process.env["AIVAULT_TEST_KILLS"] ?? 4);
const FAULTS = Math.ceil(KILLS / 2);

interface Scene {
  readonly parent: string;
  readonly world: World;
  readonly backup: string;
  /** The secrets of the backup, and those of the vault now. */
  readonly saved: readonly string[];
  readonly present: readonly string[];
}

async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), "aivault-test-"));
  try {
    const world = await makeVault(join(parent, "vault"), "file");
    const saved = await stateOf(world);
    const backup = join(parent, "vault.bak");
    await must(world, "backup", "create", backup);
    await withVault(world, async (vault) => {
      await vault.delete("PLAIN");
      await vault.create({ name: "LATER", value: new TextEncoder().encode("later value") });
    });
    await work({ parent, world, backup, saved, present: await stateOf(world) });
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

async function must(world: World, ...args: string[]): Promise<void> {
  const { exitCode, stderr } = await aivault(args, { env: environmentOf(world) });
  assert.equal(exitCode, 0, `${args.join(" ")}: ${stderr}`);
}

/** The calls by which a command writes below `parent`. */
async function callsOf(world: World, parent: string, args: string[]): Promise<Call[]> {
  const log = join(parent, "trace");
  const ended = await traced([...programCommand(), ...args], log, { env: environmentOf(world) });
  assert.equal(ended.exitCode, 0, ended.stderr);
  const calls = await callsBelow(log, parent);
  await rm(log);
  return calls;
}

/** Runs `args` in `world` once for each point, and `check` after each. */
async function atEach(
  { parent, world }: Scene,
  args: (copy: World, directory: string) => string[],
  harm: (copy: World) => Promise<void>,
  check: (copy: World, directory: string, exitCode: number | null) => Promise<void>,
): Promise<void> {
  const fresh = async (name: string): Promise<{ copy: World; directory: string }> => {
    const directory = await mkdtemp(join(parent, `${name}-`));
    const copy = await copyVault(world, join(directory, "vault"));
    await harm(copy);
    return { copy, directory };
  };
  const first = await fresh("traced");
  const calls = await callsOf(first.copy, first.directory, args(first.copy, first.directory));
  // Where names change, at every one of them.
  const kills = new Set([...spread(calls, KILLS), ...calls.filter(changesNames)]);
  const points = [
    ...[...kills].map((call) => ({ call, what: "SIGKILL" as const })),
    ...spread(calls, FAULTS).map((call) => ({ call, what: errorAt(call) })),
  ];
  let hit = 0;
  for (const { call, what } of points) {
    const { copy, directory } = await fresh("point");
    const injection = { name: call.name, count: call.count, what, fromThenOn: false };
    const command = [...programCommand(), ...args(copy, directory)];
    const log = join(parent, "trace");
    const ended = await traced(command, log, { env: environmentOf(copy) }, injection);
    if (ended.signal !== null || ended.exitCode !== 0) hit++;
    await check(copy, directory, ended.exitCode);
  }
  assert.ok(hit > 0, "some of the points were reached");
}

/** The names under which a restore keeps the files of before. */
const KEPT = /^vault\.db\.before-restore-.*(?<!\.tmp)$/;

function changesNames({ name, paths }: Call): boolean {
  return /^(link|rename|unlink|rmdir)/.test(name) &&
    paths.some((path) => !/-(wal|shm)$/.test(path));
}

/** Checks that what is kept of before is a vault of its own with its secrets, and no second name of the living one. */
async function checkAside(copy: World, present: readonly string[]): Promise<void> {
  const inUse = await inodesOf(copy.directory, /^vault\.db(-wal)?$/);
  for (const [name, inode] of await inodesOf(copy.directory, KEPT)) {
    assert.ok(![...inUse.values()].includes(inode), `${name} is a second name of the living vault`);
    await withDirectory(async (directory) => {
      await copyFile(join(copy.directory, name), join(directory, "vault.db"));
      await cp(join(copy.directory, "kek.key"), join(directory, "kek.key"));
      assert.deepEqual(await stateOf({ ...copy, directory }), present, name);
    });
  }
}

async function leftoversIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith(".tmp"));
}

async function inodesOf(directory: string, pattern: RegExp): Promise<Map<string, number>> {
  const names = (await readdir(directory)).filter((name) => pattern.test(name));
  const inodes = names.map(async (name) =>
    [name, (await stat(join(directory, name))).ino] as const
  );
  return new Map(await Promise.all(inodes));
}

test(
  "backup restore --force over a living vault leaves the old one or the restored one, whole",
  { skip, timeout: 240_000 },
  () =>
    withScene(async (scene) => {
      const { backup, saved, present } = scene;
      await atEach(
        scene,
        () => ["backup", "restore", backup, "--force"],
        () => Promise.resolve(),
        async (copy, _, exitCode) => {
          await checkAside(copy, present);
          const now = await stateOf(copy);
          const isSaved = JSON.stringify(now) === JSON.stringify(saved);
          if (!isSaved) assert.deepEqual(now, present);
          if (exitCode === 0) assert.ok(isSaved, "it said that it was done");
          await must(copy, "audit", "verify");
          await must(copy, "backup", "restore", backup, "--force");
          assert.deepEqual(await stateOf(copy), saved);
          assert.deepEqual(await leftoversIn(copy.directory), []);
        },
      );
    }),
);

test(
  "backup restore --force over a damaged database keeps its files as they were, or leaves them alone",
  { skip, timeout: 240_000 },
  () =>
    withScene(async (scene) => {
      const { backup, saved } = scene;
      const files = { "": "not a database", "-wal": "nor its log" };
      await atEach(
        scene,
        () => ["backup", "restore", backup, "--force"],
        async ({ directory }) => {
          for (const [suffix, text] of Object.entries(files)) {
            await writeFile(join(directory, `vault.db${suffix}`), text);
          }
        },
        async (copy, _, exitCode) => {
          const at = (name: string): string => join(copy.directory, name);
          const kept = (await readdir(copy.directory)).filter((name) => KEPT.test(name));
          const inUse = await inodesOf(copy.directory, /^vault\.db(-wal)?$/);
          const aside = await inodesOf(copy.directory, KEPT);
          for (const inode of aside.values()) assert.ok(![...inUse.values()].includes(inode));
          for (const name of kept) {
            const expected = files[name.endsWith("-wal") ? "-wal" : ""];
            assert.equal(await readFile(at(name), "utf8"), expected);
          }
          const isPlaced = await readFile(at("vault.db"), "utf8") !== files[""];
          if (isPlaced) assert.equal(kept.length, 2, "the database and its log were kept");
          if (exitCode === 0) assert.ok(isPlaced, "it said that it was done");
          if (!isPlaced) await must(copy, "backup", "restore", backup, "--force");
          assert.deepEqual(await stateOf(copy), saved);
          await must(copy, "audit", "verify");
        },
      );
    }),
);

test(
  "backup restore where the vault is lost gives none or the whole one",
  { skip, timeout: 240_000 },
  () =>
    withScene(async (scene) => {
      const { backup, saved } = scene;
      await atEach(
        scene,
        () => ["backup", "restore", backup],
        (copy) => rm(join(copy.directory, "vault.db")),
        async (copy, _, exitCode) => {
          const isThere = existsSync(join(copy.directory, "vault.db"));
          if (exitCode === 0) assert.ok(isThere, "it said that it was done");
          if (!isThere) await must(copy, "backup", "restore", backup);
          assert.deepEqual(await stateOf(copy), saved);
          await must(copy, "audit", "verify");
        },
      );
    }),
);

test(
  "backup create leaves a whole backup or none, and the vault as it was",
  { skip, timeout: 240_000 },
  () =>
    withScene(async (scene) => {
      await atEach(
        scene,
        (_, directory) => ["backup", "create", join(directory, "new.bak")],
        () => Promise.resolve(),
        async (copy, directory, exitCode) => {
          await checkLeft(copy, directory);
          assert.deepEqual(await stateOf(copy), scene.present);
          const file = join(directory, "new.bak");
          if (exitCode === 0) assert.ok(existsSync(file), "it said that it was done");
          if (!existsSync(file)) await must(copy, "backup", "create", file);
          await must(copy, "backup", "verify", file);
          await must(copy, "backup", "create", join(directory, "next.bak"));
          assert.deepEqual((await readdir(directory)).sort(), ["new.bak", "next.bak", "vault"]);
          assert.deepEqual(await filesIn(copy.directory), ["kek.key", "vault.db"]);
        },
      );
    }),
);

/** Checks what a dead `backup create` left: nothing but encrypted copies of the user's alone, and doctor tells of those. */
async function checkLeft(copy: World, directory: string): Promise<void> {
  const known = /^(vault|new\.bak|aivault-backup-[0-9a-f]{8}\.[0-9a-f.-]+\.tmp)$/;
  for (const name of await readdir(directory)) assert.match(name, known);
  for (const line of await listFiles(directory)) assert.match(line, /^[67]00 /);
  for (const text of ["later value", "attached-value-3"]) {
    assert.deepEqual(await filesWith(directory, text), [], "no plaintext is on the disk");
  }
  const own = /^(kek\.key|vault\.db(-wal|-shm)?)$/;
  const left = (await filesIn(copy.directory)).filter((name) => !own.test(name));
  for (const name of left) assert.match(name, /^vault\.db\.copy\.[0-9a-f.-]+\.tmp$/);
  if (left.length === 0) return;
  const { stdout } = await aivault(["doctor", "--json"], { env: environmentOf(copy) });
  const { checks } = JSON.parse(stdout);
  assert.match(JSON.stringify(checks), new RegExp(`${left[0]} was left behind by a process`));
}
