/** The types of the npm package, as strict TypeScript sees them. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Ended, ended, ROOT, startCommand } from "../helpers/program.ts";
import { project } from "./project.ts";

const GOOD = `
import { type AuditRow, type BackupManifest, MemoryStore, type SecretMetadata, type Store, Vault, VaultError } from "@aivault/cli";
import { envKeyProvider, fileKeyProvider } from "@aivault/cli/providers";
import { backupFile, restoreBackup, SqliteStore, verifyBackup } from "@aivault/cli/stores/sqlite";

const store: Store = new MemoryStore();
const vault: Vault = await Vault.init({ store, kek: new Uint8Array(32) });
const secret: SecretMetadata = await vault.create({ name: "A", value: new Uint8Array(1) });
const length: number = await vault.use("A", {}, (value) => value.length);
const rows: readonly AuditRow[] = await vault.audit({ limit: undefined, beforeMs: undefined });
const recovering = { store, recoveryKey: new Uint8Array(71), providers: undefined };
const next = { settings: { type: "caller" }, kek: new Uint8Array(32) };
const recovered: () => Promise<Vault> = () => Vault.recover({ ...recovering, next: () => Promise.resolve(next) });
const disk: Promise<SqliteStore> = SqliteStore.open({ path: "a", create: true });
const types: string[] = [envKeyProvider(() => undefined).type, fileKeyProvider({ vaultDirectory: "a", defaultPath: "b" }).type];
const backup: Promise<BackupManifest> = vault.createBackup(backupFile(await disk, "a.bak"));
const opens: boolean = (await verifyBackup("a.bak", { kek: new Uint8Array(32) })).secrets.broken.length === 0;
const restored: Promise<BackupManifest> = restoreBackup("a.bak", { path: "b", providers: new Map(), actor: undefined });
console.log(backup, opens, restored, recovered, secret.name, length, rows, disk, types, new VaultError("NOT_FOUND", "a", "b").code);
`;

/** Each has one mistake, which the types find. */
const MISTAKES: Readonly<Record<string, string>> = {
  "a secret without a value": 'await vault.create({ name: "A" });',
  "a key that is text": 'await Vault.open({ store, kek: "a" });',
  "two kinds of key": "await Vault.init({ store, kek: new Uint8Array(32), providers: new Map() });",
  "a context that is text": 'await vault.use("A", "W", () => {});',
  "a value asked for": 'const text: string = (await vault.show("A")).value;',
  "an unknown code": 'new VaultError("WHATEVER", "a", "b");',
  "a file that is not exported": 'import { Mutex } from "@aivault/cli/lib/vault/mutex.js";',
};

async function check(moduleResolution: string, code: string): Promise<Ended> {
  const folder = await mkdtemp(join(project(), "types-"));
  try {
    await writeFile(join(folder, "use.ts"), code);
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      skipLibCheck: false,
      target: "esnext",
      lib: ["esnext", "dom", "dom.iterable"],
      types: [],
      module: moduleResolution === "bundler" ? "esnext" : "nodenext",
      moduleResolution,
    };
    const config = { compilerOptions, files: ["use.ts"] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(ROOT, "tests/runtimes/node_modules/.bin/tsc");
    return await ended(startCommand([tsc, "-p", folder]));
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("the types of the npm package", () => {
  for (const resolution of ["bundler", "nodenext"]) {
    it(`fit strict TypeScript with moduleResolution ${resolution}, libraries checked`, async () => {
      const { exitCode, stdout, stderr } = await check(resolution, GOOD);
      assert.equal(exitCode, 0, stdout + stderr);
    });
  }

  it("find the mistakes that they are there to find", async () => {
    for (const [name, mistake] of Object.entries(MISTAKES)) {
      const code = mistake.startsWith("import") ? `${mistake}\n${GOOD}` : `${GOOD}\n${mistake}\n`;
      const { exitCode, stdout } = await check("nodenext", code);
      assert.notEqual(exitCode, 0, name);
      assert.equal(stdout.match(/error TS/g)?.length, 1, `${name}: ${stdout}`);
    }
  });
});
