/**
 * The vault's own row: whoever edits a field of it gets the vault refused, before anything is done by the edit.
 */
import assert from "node:assert/strict";
import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import test from "node:test";
import { VaultError } from "../../lib/errors.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { fileKeyProvider } from "../../providers/keys/file.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { editsOf, showValue } from "../helpers/edits.ts";
import { withDirectory } from "../helpers/program.ts";
import {
  columnsOf,
  copyDatabase,
  row,
  run,
  type SqlValue,
  withRaw,
} from "../helpers/raw_database.ts";
import { initVault, KEK, openVault, OTHER_KEK, sqliteStore, utf8 } from "../helpers/vaults.ts";

/** The end of the audit's chain, which every event moves on without the key: `audit verify` holds it. */
const CHAIN_END = ["audit_seq", "audit_mac", "audit_key"];

/** Texts of JSON that the program itself could have written, and other texts of what is there. */
function editsOfColumn(raw: DatabaseSync, name: string): SqlValue[] {
  const column = columnsOf(raw, "vault").find((one) => one.name === name);
  assert.ok(column !== undefined);
  const value = row(raw, "select * from vault")[name] ?? null;
  const rotation = (toKekId: string) =>
    JSON.stringify({ from: { type: "caller" }, to: { type: "caller" }, toKekId });
  const documents: Record<string, string[]> = {
    provider: [
      '{"type":"file","path":"/tmp/evil"}',
      '{"type":"caller","x":1}',
      '{"type":"file","type":"caller"}',
      '{"type":"\\u0063aller"}',
      '{"type":"caller","__proto__":{"x":1}}',
    ],
    retired_kek_ids: ["[]", '["00112233445566778899aabbccddeeff"]'],
    past_proof_keys: [
      "[]",
      String(value).replace('"throughSeq"', '"throughSeq":7,"throughSeq"'),
      String(value).replace(/"throughSeq":(\d+)/, '"throughSeq":$1.0'),
      String(value).replace("}", ',"more":1}'),
      String(value).replace("}", ',"__proto__":1}'),
    ],
    rotation: [rotation("00112233445566778899aabbccddeeff")],
  };
  return [...editsOf(column, value, undefined), ...documents[name] ?? []];
}

test("Vault.open() refuses the vault after an edit of any one field of its own row", async () => {
  const edited = new Set<string>();
  await withDirectory(async (directory) => {
    const vault = await initVault({ store: await sqliteStore(directory) });
    await vault.create({ name: "A", value: utf8("a") });
    await vault.rotateMaster({ settings: { type: "caller" }, kek: OTHER_KEK });
    await vault.close();
    const path = join(directory, "vault.db");
    const columns = withRaw(path, (raw) => columnsOf(raw, "vault").map(({ name }) => name));
    const bound = columns.filter((name) => name !== "one" && !CHAIN_END.includes(name));
    for (const name of bound) {
      for (const to of withRaw(path, (raw) => editsOfColumn(raw, name))) {
        const copy = await copyDatabase(path, join(directory, "edited.db"));
        const set = `update vault set ${name} = ?`;
        try {
          assert.equal(withRaw(copy, (raw) => run(raw, set, to)), 1);
        } catch (error) {
          assert.match(String(error), /constraint failed/);
          continue;
        }
        edited.add(name);
        const what = `${name} = ${showValue(to)}`;
        const store = await SqliteStore.open({ path: copy });
        await assert.rejects(openVault({ store, kek: OTHER_KEK }), (error: unknown) => {
          assert.ok(error instanceof VaultError, `${what}: ${error}`);
          // A key that does not fit the edited id is told apart from an edit that fits the key.
          const codes = ["INTEGRITY", "WRONG_KEY", "KEY_STALE", "UNSUPPORTED"];
          assert.ok(codes.includes(error.code), `${what}: ${error.code}`);
          return true;
        }, what);
        await store.close();
      }
    }
    assert.deepEqual([...edited].sort(), bound.sort());
    assert.ok(bound.length >= 12);
    // Without an edit it opens.
    const store = await SqliteStore.open({ path });
    await (await openVault({ store, kek: OTHER_KEK })).close();
  });
});

test("a note of a rotation that somebody else wrote moves and removes no file", async () => {
  await withDirectory(async (directory) => {
    const vaultDirectory = join(directory, "vault");
    const provider = fileKeyProvider({ vaultDirectory, defaultPath: join(directory, "kek.key") });
    const providers = new Map([["file", provider]]);
    const key = await provider.create({});
    const store = await sqliteStore(vaultDirectory);
    const vault = await Vault.init({ store, key, providers });
    const { kekId } = await vault.info();
    await vault.close();
    // What a note would have removed: a key that another program has staged.
    const victim = join(directory, "theirs.key.next");
    await mkdir(vaultDirectory, { recursive: true });
    await writeFile(victim, `${btoa("k".repeat(32))}\n`, { mode: 0o600 });
    for (const toKekId of [kekId, "00112233445566778899aabbccddeeff"]) {
      const to = { type: "file", path: join(directory, "theirs.key") };
      const note = JSON.stringify({ from: key.settings, to, toKekId });
      const path = join(vaultDirectory, "vault.db");
      withRaw(path, (raw) => run(raw, "update vault set rotation = ?", note));
      const reopened = Vault.open({ store: await SqliteStore.open({ path }), providers });
      await assert.rejects(reopened, { code: "INTEGRITY" });
      await access(victim);
      await assert.rejects(access(join(directory, "theirs.key")), { code: "ENOENT" });
    }
  });
});

test("Vault.open() refuses a vault whose row was put back from before a rotation of its key", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    const vault = await initVault({ store: await sqliteStore(directory) });
    const before = withRaw(path, (raw) => row(raw, "select * from vault"));
    await vault.rotateMaster({ settings: { type: "caller" }, kek: OTHER_KEK });
    await vault.close();
    withRaw(path, (raw) => {
      for (const name of ["provider", "audit_anchor", "audit_proof_key", "description_mac"]) {
        run(raw, `update vault set ${name} = ?`, before[name] ?? null);
      }
    });
    const store = await SqliteStore.open({ path });
    await assert.rejects(openVault({ store, kek: OTHER_KEK }), { code: "INTEGRITY" });
    await assert.rejects(openVault({ store, kek: KEK }), { code: "KEY_STALE" });
    await store.close();
  });
});

test("Vault.open() refuses a vault whose next audit key has another length, with INTEGRITY", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    await (await initVault({ store: await sqliteStore(directory) })).close();
    for (const length of [0, 16, 31, 33]) {
      withRaw(path, (raw) => run(raw, "update vault set audit_key = ?", new Uint8Array(length)));
      const store = await SqliteStore.open({ path });
      await assert.rejects(openVault({ store }), { code: "INTEGRITY" });
      await store.close();
    }
  });
});

test("a vault whose newest seq leaves no room for another event fails with INTEGRITY", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    await (await initVault({ store: await sqliteStore(directory) })).close();
    for (const seq of [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1, -1]) {
      withRaw(path, (raw) => run(raw, "update vault set audit_seq = ?", seq));
      const store = await SqliteStore.open({ path });
      const use = async (): Promise<void> => {
        const vault = await openVault({ store });
        for (const name of ["A", "B"]) await vault.create({ name, value: utf8("v") });
      };
      await assert.rejects(use(), { code: "INTEGRITY" }, `${seq}`);
      await store.close();
    }
  });
});

test("a vault whose documents are nested deep fails with INTEGRITY, at any depth", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "vault.db");
    await (await initVault({ store: await sqliteStore(directory) })).close();
    for (const depth of [1_000, 8_000, 40_000]) {
      const nested = "[".repeat(depth) + "]".repeat(depth);
      const provider = `{"type":"caller","x":${nested}}`;
      const documents: Record<string, string> = {
        provider,
        rotation: `{"from":${provider},"to":{"type":"caller"},"toKekId":""}`,
        past_proof_keys: nested,
      };
      for (const [name, text] of Object.entries(documents)) {
        const copy = await copyDatabase(path, join(directory, "edited.db"));
        withRaw(copy, (raw) => run(raw, `update vault set ${name} = ?`, text));
        const store = await SqliteStore.open({ path: copy });
        await assert.rejects(openVault({ store }), { code: "INTEGRITY" }, `${name} ${depth}`);
        await store.close();
      }
    }
  });
});

test("settings of up to 16,384 characters are kept, and longer ones refused before anything is written", async () => {
  await withDirectory(async (directory) => {
    const made = async (name: string, length: number): Promise<void> => {
      const settings = { type: "caller", x: "" };
      const x = "x".repeat(length - JSON.stringify(settings).length);
      const store = await sqliteStore(directory, name);
      const key = { settings: { ...settings, x }, kek: KEK };
      await (await Vault.init({ store, key, providers: new Map() })).close();
    };
    await made("longest.db", 16_384);
    const store = await SqliteStore.open({ path: join(directory, "longest.db") });
    await (await openVault({ store })).close();
    await assert.rejects(made("longer.db", 16_385), { code: "INVALID_INPUT" });
  });
});
