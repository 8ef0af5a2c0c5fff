/**
 * A process that reads a vault until its standard input ends, and prints how long a read took at most. Its one argument
 * is a {@linkcode World}.
 *
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { Vault } from "../../../mod.ts";
import { SqliteStore } from "../../../providers/stores/sqlite.ts";
import { providersOf, type World } from "../vaults.ts";
import { type Readings, SHARED } from "./shared.ts";

async function read(world: World): Promise<void> {
  const path = join(world.directory, "vault.db");
  const store = await SqliteStore.open({ path });
  try {
    const vault = await Vault.open({ store, providers: providersOf(world) });
    for await (const secret of vault.list()) {
      if ("damaged" in secret) throw new Error("a damaged secret");
    }
    await vault.show(SHARED);
  } finally {
    await store.close();
  }
}

let isWanted = true;
process.stdin.once("end", () => (isWanted = false));
process.stdin.resume();
const world: World = JSON.parse(process.argv[2] ?? "{}");
let reads = 0;
let longestMs = 0;
while (isWanted) {
  const started = performance.now();
  await read(world);
  reads++;
  longestMs = Math.max(longestMs, performance.now() - started);
  // Lets the end of standard input be seen.
  await new Promise((resolve) => setTimeout(resolve, 5));
}
const readings: Readings = { reads, longestMs };
console.log(JSON.stringify(readings));
