/**
 * What must be true of a vault whose command was killed, or could not write.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { wipe } from "../../../lib/crypto/bytes.ts";
import { loadKek } from "../../../lib/vault/keys/key_source.ts";
import { readVaultRow } from "../../../lib/vault/vault_row.ts";
import { SqliteStore } from "../../../providers/stores/sqlite.ts";
import { filesWith } from "../../helpers/files.ts";
import { checkChain } from "../../helpers/independent_chain.ts";
import { type Ended, ended, startCommand, withDirectory } from "../../helpers/program.ts";
import { rotated } from "../after_crash.ts";
import { jsonIn } from "../children.ts";
import { filesIn, keysInKeychain, peek, stateOf } from "../inspect.ts";
import { copyVault, environmentOf, providersOf, withVault, type World } from "../vaults.ts";
import { commandOf, LOST_KEY, type Operation } from "./operations.ts";

/** All secrets before an operation, and after one that was left alone. */
export interface States {
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The vault's key before it. */
  readonly kekId: string | undefined;
  /** How many events there were before it. */
  readonly auditSeq: number;
}

/** Runs `operation` to its end. */
export function runIn(world: World, operation: Operation): Promise<Ended> {
  const { stdin } = operation;
  return ended(startCommand(commandOf(operation, world), {
    env: environmentOf(world),
    ...(stdin === undefined ? {} : { stdin }),
  }));
}

/** Opens the vault as the next command does; the program cannot be given the stand-in for the Keychain. */
async function open(world: World): Promise<void> {
  if (world.provider === "macos-keychain") await withVault(world, (vault) => vault.info());
  else {
    await jsonIn(world, "secrets", "list");
    await jsonIn(world, "audit", "verify");
  }
}

async function openAndTidy(world: World, { needsTidying }: Operation): Promise<void> {
  await open(world);
  if (needsTidying) await jsonIn(world, "doctor", "--fix");
}

/**
 * Checks that every secret is there with its old or its new value, that the next command leaves one key and
 * nothing else, that the audit is whole, and that the command can be given again.
 *
 * @returns Whether the operation took place.
 */
export async function checkSurvival(
  world: World,
  operation: Operation,
  states: States,
): Promise<"old" | "new"> {
  const values = existsSync(world.directory)
    ? valuesOf([...states.before, ...states.after])
    : new Set<string>();
  for (const value of values) {
    assert.deepEqual(await filesWith(world.directory, value), [], "no plaintext is on the disk");
  }
  const makesVault = operation.makesVault || operation.bringsBack === "vault";
  if (makesVault && !await hasVault(world)) {
    await checkNext(world, operation, states);
    return "old";
  }
  const { kekId, auditSeq } = await peek(world.directory);
  const isRotated = operation.rotatesTo !== undefined && kekId !== states.kekId;
  const now = isRotated && operation.rotatesTo ? rotated(world, operation.rotatesTo) : world;
  // In a copy, so that the next command finds what the dead one left.
  const state = await withDirectory(async (parent) => {
    const copy = await copyVault(now, join(parent, "vault"));
    if (operation.bringsBack === "key" && !isRotated) {
      await rename(join(copy.directory, LOST_KEY), join(copy.directory, "kek.key"));
    }
    return await stateOf(copy);
  });
  const isDone = operation.makesBackup !== undefined
    ? existsSync(join(world.directory, operation.makesBackup))
    : operation.keepsSecrets
    ? auditSeq > states.auditSeq
    : same(state, states.after);
  const isNew = operation.rotatesTo === undefined ? isDone : isRotated;
  if (!isNew || operation.keepsSecrets) assert.deepEqual(state, states.before);
  if (!isNew || makesVault) await checkNext(now, operation, states);
  else {
    await openAndTidy(now, operation);
    if (operation.makesBackup !== undefined) {
      await jsonIn(now, "backup", "verify", join(now.directory, operation.makesBackup));
    }
    await checkTidy(now, operation);
    assert.deepEqual(await stateOf(now), states.after);
  }
  return isNew ? "new" : "old";
}

/** Checks that the vault opens, and that the operation then does what it did not do. */
async function checkNext(world: World, operation: Operation, states: States): Promise<void> {
  const { makesVault, bringsBack } = operation;
  if (!makesVault && bringsBack === undefined) {
    await openAndTidy(world, operation);
    await checkTidy(world, operation);
    assert.deepEqual(await stateOf(world), states.before);
  }
  const { exitCode, stderr } = await runIn(world, operation);
  // A vault or secret that is there already is one that the dead command had made.
  const mayBeThere = makesVault || bringsBack === "vault";
  assert.ok(exitCode === 0 || (mayBeThere && exitCode === 5), stderr);
  if (operation.needsTidying) await openAndTidy(world, operation);
  const again = operation.rotatesTo === undefined ? world : rotated(world, operation.rotatesTo);
  await checkTidy(again, operation);
  assert.deepEqual(await stateOf(again), states.after);
}

/** Checks that there is one key, no note of a rotation, no temporary file, and a whole audit. */
async function checkTidy(world: World, operation: Operation): Promise<void> {
  const { rotation } = await peek(world.directory);
  assert.equal(rotation, null);
  const keyFile = world.provider === "file" ? ["kek.key"] : [];
  const files = (await filesIn(world.directory)).filter((name) => !operation.keeps?.test(name));
  assert.deepEqual(files, [...keyFile, "vault.db"], operation.name);
  assert.equal((await keysInKeychain(world)).length, world.provider === "macos-keychain" ? 1 : 0);
  const kek = await kekOf(world);
  checkChain(join(world.directory, "vault.db"), kek);
  wipe(kek);
}

async function kekOf(world: World): Promise<Uint8Array> {
  const store = await SqliteStore.open({ path: join(world.directory, "vault.db") });
  try {
    return await store.read(async (reader) =>
      await loadKek(providersOf(world), await readVaultRow(reader))
    );
  } finally {
    await store.close();
  }
}

/** Whether a command that makes a vault came so far, seen in a copy. */
async function hasVault(world: World): Promise<boolean> {
  if (!existsSync(join(world.directory, "vault.db"))) return false;
  return await withDirectory(async (parent) => {
    const copy = await copyVault(world, join(parent, "vault"));
    const store = await SqliteStore.open({ path: join(copy.directory, "vault.db") });
    try {
      return await store.read((reader) => reader.vault()) !== undefined;
    } finally {
      await store.close();
    }
  });
}

function valuesOf(state: readonly string[]): Set<string> {
  return new Set(state.map((line) => String(JSON.parse(line).text).slice(0, 60)));
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
