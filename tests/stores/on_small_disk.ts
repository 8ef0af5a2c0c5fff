/**
 * What a vault does when its disk is full or read-only: the part of `sqlite_disk.test.ts` that needs a disk of its
 * own. Argument 1 is the scenario, argument 2 a directory on a file system of one megabyte; the outcome is printed.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { rm, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { hasCode, VaultError } from "../../lib/errors.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";

const [scenario = "", disk = ""] = process.argv.slice(2);
const kek = new Uint8Array(32).fill(7);
const path = join(disk, "vault", "vault.db");
const value = (n: number): Uint8Array => new Uint8Array(20_000).fill(n + 1);

async function code(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    if (error instanceof VaultError) return error.code;
    throw error;
  }
}

/** How many of the secrets can be used and give the right value. */
async function usable(vault: Vault, count: number): Promise<number> {
  let right = 0;
  for (let n = 0; n < count; n++) {
    const isRight = (bytes: Uint8Array) =>
      bytes.length === 20_000 && bytes.every((byte) => byte === n + 1);
    if (await vault.use(`S${n}`, {}, isRight)) right++;
  }
  return right;
}

async function full(): Promise<Record<string, unknown>> {
  const filler = join(disk, "filler");
  await writeFile(filler, new Uint8Array(400_000));
  const store = await SqliteStore.open({ path, create: true });
  const vault = await Vault.init({ store, kek });
  let created = 0;
  let failure: unknown;
  while (failure === undefined && created < 200) {
    try {
      await vault.create({ name: `S${created}`, value: value(created) });
      created++;
    } catch (error) {
      failure = error;
    }
  }
  const events = (await vault.info()).auditSeq;
  const imported = [0, 1, 2].map((n) => ({ name: `new ${n}`, value: value(n) }));
  const outcome = {
    hasSpace: created > 2 && created < 200,
    create: hasCode(failure, "DISK") ? "DISK" : String(failure),
    hints: failure instanceof VaultError ? failure.hints : [],
    rotate: await code(vault.rotate("S0", value(99))),
    import: await code(vault.import(imported)),
    // Reading needs no room.
    show: await code(vault.show("S1")),
    secrets: (await vault.info()).secrets - created,
    events: (await vault.info()).auditSeq - events,
  };
  await rm(filler);
  const afterRoom = await usable(vault, created) - created;
  await vault.create({ name: `S${created}`, value: value(created) });
  await vault.close();
  const reopened = await Vault.open({ store: await SqliteStore.open({ path }), kek });
  const afterReopen = await usable(reopened, created + 1) - (created + 1);
  await reopened.close();
  return { ...outcome, afterRoom, afterReopen };
}

async function readOnly(): Promise<Record<string, unknown>> {
  const vault = await Vault.init({ store: await SqliteStore.open({ path, create: true }), kek });
  await vault.create({ name: "S0", value: value(0) });
  await vault.close();
  // A user's own name space lets him change the mount, not the file system.
  const remount = (how: string): void =>
    void execFileSync("mount", ["-o", `remount,bind,${how}`, disk]);
  remount("ro");
  const attempt = async () => {
    const store = await SqliteStore.open({ path });
    try {
      await store.write((writer) => writer.deleteSecret("x"));
    } finally {
      await store.close();
    }
  };
  const outcome = { write: await code(attempt()) };
  remount("rw");
  const reopened = await Vault.open({ store: await SqliteStore.open({ path }), kek });
  const afterwards = await usable(reopened, 1);
  await reopened.close();
  return { ...outcome, afterwards };
}

/** Makes vaults with ever more room, and each again when there is enough. */
async function tight(): Promise<Record<string, unknown>> {
  const outcomes = new Set<string>();
  const filler = join(disk, "filler");
  for (let room = 8_192; room <= 262_144; room += 4_096) {
    const { bavail, bsize } = await statfs(disk);
    await writeFile(filler, new Uint8Array(Number(bavail) * Number(bsize) - room));
    outcomes.add(await code(makeVault()));
    await rm(filler);
    const again = await code(makeVault());
    if (again !== "ALREADY_EXISTS") outcomes.add(`again: ${again}`);
    const vault = await Vault.open({ store: await SqliteStore.open({ path }), kek });
    await vault.create({ name: "S0", value: value(0) });
    if (await usable(vault, 1) !== 1) outcomes.add("lost");
    await vault.close();
    await rm(dirname(path), { recursive: true });
  }
  return { outcomes: [...outcomes].sort() };
}

async function makeVault(): Promise<void> {
  const store = await SqliteStore.open({ path, create: true });
  try {
    await Vault.init({ store, kek });
  } finally {
    await store.close();
  }
}

const scenarios: Readonly<Record<string, () => Promise<Record<string, unknown>>>> = {
  full,
  tight,
  "read-only": readOnly,
};
console.log(JSON.stringify(await scenarios[scenario]?.()));
