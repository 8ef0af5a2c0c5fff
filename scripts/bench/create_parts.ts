/**
 * Does what `aivault secrets create` does on the vault in `AIVAULT_DIR` and prints, as one line of JSON, how the time of
 * this process divides. All in milliseconds.
 *
 * - `engineMs`: from the start of the process, as the runtime counts it, to the first line of a program
 * - `loadMs`: loading the program's modules, and those of the runtime that they ask for
 * - `openMs`: opening SQLite and looking at its schema
 * - `keyMs`: the key from its file, checked against the vault
 * - `workMs`: sealing, wrapping, the audit's MACs, the statements
 * - `commitMs`: SQLite's commit, which waits for the disk
 * - `closeMs`: closing, which carries the log over into the database and waits for the disk
 *
 * @module
 */
import type { Store } from "../../lib/vault/store.ts";

const engineMs = performance.now();
const { default: process } = await import("node:process");
await import("../../lib/cli/program.ts");
await import("../../lib/cli/syntax/command_line.ts");
await import("../../lib/cli/syntax/secrets.ts");
await import("../../lib/cli/commands/secrets.ts");
const { vaultPaths } = await import("../../providers/host/paths.ts");
const { fileKeyProvider } = await import("../../providers/keys/file.ts");
const { SqliteStore } = await import("../../providers/stores/sqlite.ts");
const { utf8 } = await import("../../lib/crypto/bytes.ts");
const { useNativeHash } = await import("../../providers/host/native_hash.ts");
const { Vault } = await import("../../lib/vault/vault.ts");
const loaded = performance.now();
useNativeHash();

const { database, directory, keyFile } = vaultPaths(process.env.AIVAULT_DIR);
const store = await SqliteStore.open({ path: database });
const opened = performance.now();
let workDone = Number.NaN;
const watched: Store = {
  read: (work) => store.read(work),
  write: (work, options) =>
    store.write(async (writer) => {
      const result = await work(writer);
      workDone = performance.now();
      return result;
    }, options),
  close: () => store.close(),
};
const file = fileKeyProvider({ vaultDirectory: directory, defaultPath: keyFile });
const vault = await Vault.open({ store: watched, providers: new Map([["file", file]]) });
const unlocked = performance.now();
await vault.create({ name: `NAME_${crypto.randomUUID()}`, value: utf8("value") });
const created = performance.now();
await vault.close();
const closed = performance.now();
console.log(JSON.stringify({
  engineMs,
  loadMs: loaded - engineMs,
  openMs: opened - loaded,
  keyMs: unlocked - opened,
  workMs: workDone - unlocked,
  commitMs: created - workDone,
  closeMs: closed - created,
}));
