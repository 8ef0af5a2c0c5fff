/**
 * Measures one vault of one size in this process, and prints one line of JSON.
 *
 * Usage: measure.ts <secrets>
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { randomBytes, utf8 } from "../../lib/crypto/bytes.ts";
import type { NewSecret } from "../../lib/vault/secrets/new_secret.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { useNativeCipher } from "../../providers/host/native_cipher.ts";
import { useNativeHash } from "../../providers/host/native_hash.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { BareDatabase, openAndSeal } from "./peers.ts";

const SAMPLES = 200;

/** What {@linkcode measure} gives. Times are milliseconds, rates are per second, CPU is microseconds for a secret. */
interface Measured {
  readonly secrets: number;
  readonly createMs: number;
  readonly rotateMs: number;
  readonly deleteMs: number;
  readonly bareCommitMs: number;
  readonly listMs: number;
  readonly importPerSecond: number;
  readonly importCpuUs: number;
  readonly bareInsertPerSecond: number;
  readonly rotateMasterPerSecond: number;
  readonly rotateMasterCpuUs: number;
  readonly bareUpdatePerSecond: number;
  readonly cipherPerSecond: number;
  readonly rotateMasterMemoryMiB: number;
  readonly peakMemoryMiB: number;
}

function* entries(count: number): Generator<NewSecret> {
  for (let i = 0; i < count; i++) {
    yield { name: `SECRET_${i}`, value: utf8(`value-${i}-0123456789abcdef`) };
  }
}

async function measure(count: number, directory: string): Promise<Measured> {
  const store = await SqliteStore.open({ path: join(directory, "vault.db"), create: true });
  const vault = await Vault.init({ store, kek: randomBytes(32) });
  const imported = await timed(() => vault.import(entries(count)).then(() => {}));
  const createMs = await median((i) => vault.create({ name: `NEW_${i}`, value: utf8(`new-${i}`) }));
  const rotateMs = await median((i) => vault.rotate(`NEW_${i}`, utf8(`newer-${i}`)));
  const deleteMs = await median((i) => vault.delete(`NEW_${i}`));
  const listed = await timed(async () => {
    for await (const secret of vault.list()) if ("damaged" in secret) throw secret.damaged;
  });
  const idle = process.memoryUsage().rss;
  const watch = watchMemory();
  const rotated = await timed(() =>
    vault.rotateMaster({ settings: { type: "caller" }, kek: randomBytes(32) }).then(() => {})
  );
  const peak = watch();
  await vault.close();
  return {
    secrets: count,
    createMs,
    rotateMs,
    deleteMs,
    listMs: listed.ms,
    importPerSecond: count / imported.ms * 1_000,
    importCpuUs: imported.cpuUs / count,
    rotateMasterPerSecond: count / rotated.ms * 1_000,
    rotateMasterCpuUs: rotated.cpuUs / count,
    rotateMasterMemoryMiB: (peak - idle) / 2 ** 20,
    peakMemoryMiB: process.resourceUsage().maxRSS / 1_024,
    ...await measurePeers(count, directory),
  };
}

async function measurePeers(count: number, directory: string) {
  const bare = new BareDatabase(join(directory, "bare.db"));
  let ids: string[] = [];
  const inserted = await timed(() => ids = bare.insertMany(count));
  const updated = await timed(() => bare.updateMany(ids));
  const bareCommitMs = await median(() => bare.commitOne());
  bare.close();
  let rounds = 0;
  const ciphered = await timed(() => rounds = openAndSeal());
  return {
    bareCommitMs,
    bareInsertPerSecond: count / inserted.ms * 1_000,
    bareUpdatePerSecond: count / updated.ms * 1_000,
    cipherPerSecond: rounds / ciphered.ms * 1_000,
  };
}

async function median(work: (i: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) times.push((await timed(() => work(i))).ms);
  return times.sort((a, b) => a - b)[SAMPLES >> 1] ?? Number.NaN;
}

async function timed(work: () => unknown): Promise<{ ms: number; cpuUs: number }> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - start, cpuUs: user + system };
}

function watchMemory(): () => number {
  let peak = process.memoryUsage().rss;
  const timer = setInterval(() => peak = Math.max(peak, process.memoryUsage().rss), 5);
  return () => {
    clearInterval(timer);
    return Math.max(peak, process.memoryUsage().rss);
  };
}

// As the commands do that go through every secret.
useNativeCipher();
useNativeHash();
const directory = await mkdtemp(join(tmpdir(), "aivault-bench-"));
try {
  console.log(JSON.stringify(await measure(Number(process.argv[2] ?? 100), directory)));
} finally {
  await rm(directory, { recursive: true, force: true });
}
