/**
 * The tamper kit: this implementation is held to it, and so can another one be. Its values and chains are also read by a
 * second implementation.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import test from "node:test";
import { VaultError } from "../../lib/errors.ts";
import type { UseContext } from "../../lib/vault/secrets/scope.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { fileKeyProvider } from "../../providers/keys/file.ts";
import { passphraseKeyProvider } from "../../providers/keys/passphrase.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import type { Case } from "../../scripts/tamper/case.ts";
import { KIT, tamperKit } from "../../scripts/tamper_kit.ts";
import { checkChain } from "../helpers/independent_chain.ts";
import { openValue } from "../helpers/independent_secret.ts";
import { aivault, ROOT, withDirectory } from "../helpers/program.ts";
import { withRaw } from "../helpers/raw_database.ts";
import { shortFindings } from "../helpers/verified.ts";
import { hex } from "../helpers/vectors.ts";

interface Use {
  readonly name: string;
  readonly context: UseContext;
  readonly value: string;
}

interface Good {
  readonly kek: string;
  readonly passphrase?: string;
  readonly head: string;
  readonly uses: readonly Use[];
}

interface Manifest {
  readonly good: Readonly<Record<string, Good>>;
  readonly cases: Readonly<Record<string, Case>>;
}

const read = (name: string): string => readFileSync(join(ROOT, KIT, name), "utf8");
const { good, cases }: Manifest = JSON.parse(read("manifest.json"));

function goodOf(base: string): Good {
  const found = good[base];
  if (found === undefined) throw new RangeError(`no such vault: ${base}`);
  return found;
}

/** Builds the database of a vault of the kit, and what was done to it, in `directory`. */
async function build(directory: string, base: string, sql: readonly string[]): Promise<string> {
  const path = join(directory, "vault.db");
  const raw = new DatabaseSync(path);
  raw.exec("pragma foreign_keys = off");
  for (const statement of [read(`${base}.sql`), ...sql]) raw.exec(statement);
  raw.close();
  await chmod(path, 0o600);
  const key = btoa(String.fromCharCode(...hex(goodOf(base).kek)));
  await writeFile(join(directory, "kek.key"), key, { mode: 0o600 });
  return path;
}

async function open(directory: string, path: string, base: string): Promise<Vault> {
  const store = await SqliteStore.open({ path });
  const text = new TextEncoder().encode(goodOf(base).passphrase ?? "");
  const list = [
    fileKeyProvider({ vaultDirectory: directory, defaultPath: "" }),
    passphraseKeyProvider(() => Promise.resolve(text.slice())),
  ];
  const providers = new Map(list.map((provider) => [provider.type, provider]));
  try {
    return await Vault.open({ store, providers, actor: "test" });
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function outcome(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof VaultError) return error.code;
    throw error;
  }
}

const lent = (vault: Vault, { name, context }: Use): Promise<string> =>
  outcome(() => vault.use(name, context, (value) => new TextDecoder().decode(value)));

test("the tamper kit is what its script writes", { timeout: 240_000 }, async () => {
  for (const [name, text] of Object.entries(await tamperKit())) {
    assert.equal(text, read(name), `${name}: run deno run -A scripts/tamper_kit.ts`);
  }
});

for (const [name, { kek, head, uses }] of Object.entries(good)) {
  test(`the vault ${name} of the tamper kit verifies, and lends its values`, async () => {
    await withDirectory(async (directory) => {
      const path = await build(directory, name, []);
      const vault = await open(directory, path, name);
      assert.deepEqual(shortFindings(await vault.verify({ head })), []);
      for (const use of uses) assert.equal(await lent(vault, use), use.value);
      await vault.close();
    });
  });

  test(`the vault ${name} of the tamper kit is read by a second implementation`, async () => {
    await withDirectory(async (directory) => {
      const path = await build(directory, name, []);
      if (name !== "pruned") checkChain(path, hex(kek));
      for (const { name: secret, value } of uses) {
        const found = withRaw(path, (raw) => openValue(raw, hex(kek), secret));
        assert.equal(new TextDecoder().decode(found), value);
      }
    });
  });
}

for (const [name, one] of Object.entries(cases)) {
  test(`the case ${name} of the tamper kit does not pass: ${one.reason}`, async () => {
    const { base, sql, head, findings, refused = {} } = one;
    await withDirectory(async (directory) => {
      const path = await build(directory, base, sql);
      const opened = await outcome(async () => {
        await (await open(directory, path, base)).close();
        return "opens";
      });
      assert.equal(opened, one.open ?? "opens");
      if (one.open !== undefined) return;
      const vault = await open(directory, path, base);
      const found = shortFindings(await vault.verify({ head }));
      assert.deepEqual(found.sort(), [...findings ?? []].sort());
      assert.ok(found.length > 0);
      for (const use of goodOf(base).uses) {
        assert.equal(await lent(vault, use), refused[use.name] ?? use.value, use.name);
      }
      const used = goodOf(base).uses.map((use) => use.name);
      for (const [secret, code] of Object.entries(refused)) {
        if (used.includes(secret)) continue;
        assert.equal(await lent(vault, { name: secret, context: {}, value: "" }), code, secret);
      }
      await vault.close();
    });
  });
}

test("the program exits with 7 on a case of the tamper kit, and with 0 on the good vault", async () => {
  for (const [name, expected] of [["event-note", 7], ["vault-rotation", 7], ["", 0]] as const) {
    await withDirectory(async (directory) => {
      await build(directory, "good", cases[name]?.sql ?? []);
      const { exitCode } = await aivault(["audit", "verify"], { env: { AIVAULT_DIR: directory } });
      assert.equal(exitCode, expected, name);
    });
  }
});
