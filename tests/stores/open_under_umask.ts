/**
 * Makes a vault under the umask and in the directory of the arguments, and prints the files with their modes
 * while it is open: the part of `sqlite_open.test.ts` that needs a process of its own.
 *
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { Vault } from "../../lib/vault/vault.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { listFiles } from "../helpers/files.ts";

const [umask = "", directory = ""] = process.argv.slice(2);
process.umask(Number.parseInt(umask, 8));
const store = await SqliteStore.open({ path: join(directory, "vault.db"), create: true });
const afterOpen = await listFiles(directory);
const vault = await Vault.init({ store, kek: new Uint8Array(32).fill(1) });
await vault.create({ name: "A", value: new Uint8Array([1]) });
const afterInit = await listFiles(directory);
await vault.close();
console.log(JSON.stringify({ afterOpen, afterInit }));
