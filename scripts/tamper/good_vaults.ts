/**
 * The good vaults of the tamper kit, each with what an attacker may have copied of it on the way.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Buffer } from "node:buffer";
import { auditHead } from "../../lib/vault/audit/audit_head.ts";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { fileKeyProvider } from "../../providers/keys/file.ts";
import { passphraseKeyProvider } from "../../providers/keys/passphrase.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { withRepeatableRandomness } from "./repeatable.ts";
import { dump, type SqlRow } from "./sql_dump.ts";

/** The keys of the kit, one after another. */
export const KEKS: readonly Uint8Array[] = [0, 32, 64].map((start) =>
  Uint8Array.from({ length: 32 }, (_, i) => start + i)
);

/** The passphrase of the kit: its é is two characters here and one in the derivation. */
export const PASSPHRASE = "cafe\u0301 au lait";

/** 2023-11-14T22:13:20Z, the time of the first event; the next is a second later. */
const START_MS = 1_700_000_000_000;

/** All rows of a database, by table. */
export type Copy = Readonly<Record<string, readonly SqlRow[]>>;

/** A vault of the kit. */
export interface GoodVault {
  /** Its SQL. */
  readonly sql: string;
  /** The KEK that it has at the end. */
  readonly kek: Uint8Array;
  /** Copies taken on the way, by name. */
  readonly copies: Readonly<Record<string, Copy>>;
  /** The head at the end. */
  readonly head: string;
}

/** What a vault's life may do besides. */
interface Life {
  readonly vault: Vault;
  /** Takes a copy of all rows. */
  copy(name: string): void;
  /** Rotates the master key to the next one of the kit. */
  rotateMaster(): Promise<void>;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Makes every good vault of the kit. */
export async function goodVaults(): Promise<Record<string, GoodVault>> {
  const GROUP = { workspaceId: "W", groupId: "G" };
  return {
    good: await live("good", fullLife),
    rotated: await live("rotated", async ({ vault, rotateMaster }) => {
      await vault.create({ name: "TOKEN", value: utf8("t-1") });
      await rotateMaster();
      await vault.rotate("TOKEN", utf8("t-2"));
      await rotateMaster();
      await vault.use("TOKEN", {}, () => {});
    }),
    pruned: await live("pruned", async ({ vault, copy }) => {
      await vault.create({ name: "TOKEN", value: utf8("t-1") });
      await vault.attachGroup("TOKEN", GROUP);
      copy("before");
      await vault.use("TOKEN", {}, () => {});
      await vault.rotate("TOKEN", utf8("t-2"));
      copy("middle");
      await vault.pruneAudit(Number.MAX_SAFE_INTEGER);
      await vault.recordLock("vault.lock");
    }),
    passphrase: await live("passphrase", async ({ vault }) => {
      await vault.create({ name: "TOKEN", value: utf8("t-1") });
    }),
  };
}

/** Everything that a vault can hold. */
async function fullLife({ vault, copy }: Life): Promise<void> {
  const group = { workspaceId: "W", groupId: "G" };
  const { id } = await vault.create({
    name: "OPENAI_API_KEY",
    aliases: ["openai", "clé 🔑"],
    value: utf8("sk-example"),
  });
  await vault.create({
    name: "TOKEN",
    value: utf8("t-1"),
    scope: { kind: "workspace", workspaceId: "W" },
    expiresAtMs: 4_000_000_000_000,
  });
  const gone = await vault.create({ name: "GONE", value: Uint8Array.from([0, 255]) });
  copy("early");
  await vault.rotate("TOKEN", utf8("t-2"), { scope: { kind: "workspace", workspaceId: "W" } });
  await vault.attachGroup(id, group);
  await vault.use("OPENAI_API_KEY", group, () => {});
  await vault.use(id, { workspaceId: "X", groupId: "Y" }, () => {}).catch(() => {});
  copy("used");
  await vault.recordLock("vault.lock");
  await vault.delete(gone.id);
}

async function live(name: string, life: (life: Life) => Promise<void>): Promise<GoodVault> {
  const directory = await mkdtemp(join(tmpdir(), "aivault-kit-"));
  try {
    // The names of temporary files are random too.
    await (await SqliteStore.open({ path: join(directory, "vault.db"), create: true })).close();
    return await withRepeatableRandomness(name, () => liveIn(directory, name, life));
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function liveIn(
  directory: string,
  name: string,
  life: (life: Life) => Promise<void>,
): Promise<GoodVault> {
  const path = join(directory, "vault.db");
  const keyFile = join(directory, "kek.key");
  const provider = name === "passphrase"
    ? passphraseKeyProvider(() => Promise.resolve(utf8(PASSPHRASE)))
    : fileKeyProvider({ vaultDirectory: directory, defaultPath: keyFile });
  const providers = new Map<string, KeyProvider>([[provider.type, provider]]);
  let turn = 0;
  const [first = new Uint8Array()] = KEKS;
  await writeFile(keyFile, Buffer.from(first).toString("base64"), { mode: 0o600 });
  const cheap = { "argon2-memory": "8", "argon2-iterations": "1" };
  const key = await provider.create(provider.needsPassphrase ? cheap : {});
  let now = START_MS;
  const store = await SqliteStore.open({ path });
  const clock = () => (now += 1_000) - 1_000;
  const vault = await Vault.init({ store, key, providers, now: clock, actor: "kit" });
  const copies: Record<string, Copy> = {};
  const raw = new DatabaseSync(path);
  const kek = (): Uint8Array => KEKS[turn] ?? new Uint8Array();
  await life({
    vault,
    copy: (copyName) => void (copies[copyName] = copyOf(raw)),
    async rotateMaster() {
      turn++;
      await vault.rotateMaster({ settings: key.settings, kek: kek() });
    },
  });
  const result = {
    sql: dump(raw),
    kek: name === "passphrase" ? key.kek : kek(),
    copies,
    head: await auditHead(store),
  };
  raw.close();
  await vault.close();
  return result;
}

function copyOf(raw: DatabaseSync): Copy {
  const tables = raw.prepare("select name from sqlite_schema where type = 'table'").all();
  return Object.fromEntries(tables.map(({ name }) => [
    String(name),
    raw.prepare(`select * from ${name}`).all().map((row) => ({ ...row }) as SqlRow),
  ]));
}
