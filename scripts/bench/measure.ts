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
import { DatabaseSync } from "node:sqlite";
import { randomBytes, utf8 } from "../../lib/crypto/bytes.ts";
import type { NewSecret } from "../../lib/vault/new_secret.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";

const SAMPLES = 200;

/** What {@linkcode measure} gives. Times are milliseconds, rates are per second. */
interface Measured {
  readonly secrets: number;
  readonly importPerSecond: number;
  readonly createMs: number;
  readonly rotateMs: number;
  readonly deleteMs: number;
  readonly commitMs: number;
  readonly listMs: number;
  readonly rotateMasterPerSecond: number;
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
  const kek = randomBytes(32);
  const vault = await Vault.init({ store, kek });
  const importMs = await timed(() => vault.import(entries(count)).then(() => {}));
  const commit = rawCommit(join(directory, "raw.db"));
  const commitMs = await median((i) => commit(i));
  const createMs = await median((i) => vault.create({ name: `NEW_${i}`, value: utf8(`new-${i}`) }));
  const rotateMs = await median((i) => vault.rotate(`NEW_${i}`, utf8(`newer-${i}`)));
  const deleteMs = await median((i) => vault.delete(`NEW_${i}`));
  const listMs = await timed(async () => {
    for await (const secret of vault.list()) if ("damaged" in secret) throw secret.damaged;
  });
  const idle = process.memoryUsage().rss;
  const watch = watchMemory();
  const rotateMasterMs = await timed(() =>
    vault.rotateMaster({ settings: { type: "caller" }, kek: randomBytes(32) }).then(() => {})
  );
  const peak = watch();
  await vault.close();
  return {
    secrets: count,
    importPerSecond: count / importMs * 1000,
    createMs,
    rotateMs,
    deleteMs,
    commitMs,
    listMs,
    rotateMasterPerSecond: count / rotateMasterMs * 1000,
    rotateMasterMemoryMiB: (peak - idle) / 2 ** 20,
    peakMemoryMiB: process.resourceUsage().maxRSS / 1024,
  };
}

/** The peer: a bare insert and commit of SQLite with the same settings, without a vault. */
function rawCommit(path: string): (i: number) => Promise<void> {
  const database = new DatabaseSync(path);
  database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on");
  database.exec("create table raw (id text primary key, value blob) strict");
  const insert = database.prepare("insert into raw values (?, ?)");
  return (i) => {
    database.exec("begin immediate");
    insert.run(String(i), new Uint8Array(100));
    database.exec("commit");
    return Promise.resolve();
  };
}

async function median(work: (i: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) times.push(await timed(() => work(i)));
  return times.sort((a, b) => a - b)[SAMPLES >> 1] ?? Number.NaN;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function watchMemory(): () => number {
  let peak = process.memoryUsage().rss;
  const timer = setInterval(() => peak = Math.max(peak, process.memoryUsage().rss), 5);
  return () => {
    clearInterval(timer);
    return Math.max(peak, process.memoryUsage().rss);
  };
}

const directory = await mkdtemp(join(tmpdir(), "aivault-bench-"));
try {
  console.log(JSON.stringify(await measure(Number(process.argv[2] ?? 100), directory)));
} finally {
  await rm(directory, { recursive: true, force: true });
}
