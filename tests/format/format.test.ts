/**
 * FORMAT.md: its tables are the program's, and its example is what a second implementation computes.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import * as nodeCrypto from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import test from "node:test";
import { ARGON2_BOUNDS, deriveKey } from "../../lib/crypto/argon2.ts";
import { needsProof } from "../../lib/vault/audit/audit.ts";
import { FORMAT_VERSION, MAX_RETIRED_KEK_IDS } from "../../lib/vault/vault_row.ts";
import { APPLICATION_ID, MIGRATIONS } from "../../providers/stores/schema.ts";
import { backupExample, exampleText, formatExample } from "../helpers/format_example.ts";
import { readBackup } from "../helpers/independent_backup.ts";
import { checkChain } from "../helpers/independent_chain.ts";
import { openValue } from "../helpers/independent_secret.ts";
import { aivault, ROOT, withDirectory } from "../helpers/program.ts";
import { row, withRaw } from "../helpers/raw_database.ts";
import { hex } from "../helpers/vectors.ts";

const read = (name: string): string => readFileSync(join(ROOT, name), "utf8");
const page = read("FORMAT.md");
/** The page on one line, for sentences that are broken somewhere. */
const prose = page.replace(/\s+/g, " ");
const KEK = Uint8Array.from({ length: 32 }, (_, i) => i);

function kitVault(name: string): DatabaseSync {
  const raw = new DatabaseSync(":memory:");
  raw.exec(read(`tests/vectors/tamper/${name}.sql`));
  return raw;
}

/** The last blocks of text on the page: the example, the passphrase, and the backup. */
function textBlocks(): string[] {
  return [...page.matchAll(/^```text\n([^]*?)^```/gm)].map((match) => match[1] ?? "").slice(-3);
}

function parse(block: string): Record<string, string> {
  const entries = block.split(/^(?! )/m).map((entry) => {
    const [name = "", ...lines] = entry.trimEnd().split("\n");
    return [name, lines.map((line) => line.trim()).join("")] as const;
  });
  return Object.fromEntries(entries);
}

test("the example of FORMAT.md is what a second implementation computes from the kit", () => {
  const raw = kitVault("good");
  const computed = formatExample(raw, KEK);
  assert.equal(textBlocks()[0], exampleText(computed));
  const vault = raw.prepare("select * from vault").get();
  const event = raw.prepare("select * from audit where seq = 1").get();
  const rotation = raw.prepare("select * from audit where kind = 'secret.rotate'").get();
  const stored = (value: unknown): string =>
    value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
  assert.equal(computed["kekId"], vault?.["kek_id"]);
  assert.equal(computed["MAC of event 1"], stored(event?.["mac"]));
  assert.equal(computed["proof of event 1"], stored(event?.["proof"]));
  assert.equal(computed["description MAC"], stored(vault?.["description_mac"]));
  assert.equal(computed["state digest"], rotation?.["state_digest"]);
  assert.equal(computed["value"], Buffer.from("t-2").toString("hex"));
});

test("a backup is what FORMAT.md says: a second implementation reads the one of the kit", async () => {
  const file = new Uint8Array(readFileSync(join(ROOT, "tests/vectors/tamper/good.bak")));
  assert.equal(textBlocks()[2], exampleText(backupExample(file, KEK)));
  const { members, database } = readBackup(file, KEK);
  assert.deepEqual([...database.subarray(18, 20)], [2, 2], "in write-ahead mode");
  await withDirectory(async (directory) => {
    const path = join(directory, "taken.db");
    await writeFile(path, database);
    const events = checkChain(path, KEK);
    withRaw(path, (raw) => {
      const vault = row(raw, "select * from vault");
      const { secrets, newest } = row(
        raw,
        `select (select count(*) from secrets) as secrets,
          (select kind from audit order by seq desc limit 1) as newest`,
      );
      const { audit_mac } = vault;
      assert.ok(audit_mac instanceof Uint8Array);
      const head = `${vault["audit_seq"]}:${Buffer.from(audit_mac).toString("hex")}`;
      const { vaultId, kekId, ...counts } = members;
      assert.deepEqual([vaultId, kekId], [vault["vault_id"], vault["kek_id"]]);
      assert.deepEqual(
        [counts["secrets"], counts["events"], counts["head"]],
        [secrets, events, head],
      );
      assert.equal(newest, "backup.create");
      assert.equal(Buffer.from(openValue(raw, KEK, "TOKEN")).toString(), "t-2");
    });
  });
  for (const at of [0, 16, 20, 21, 200, file.length - 1]) {
    const edited = file.map((byte, i) => i === at ? byte ^ 1 : byte);
    assert.throws(() => readBackup(edited, KEK), `byte ${at}`);
  }
});

test("the program reads the backup of the kit, and what it makes is read by a second implementation", async () => {
  await withDirectory(async (directory) => {
    const key = join(directory, "kek.key");
    await writeFile(key, Buffer.from(KEK).toString("base64"), { mode: 0o600 });
    const env = { AIVAULT_DIR: directory };
    const kit = join(ROOT, "tests/vectors/tamper/good.bak");
    const made = join(directory, "made.bak");
    for (const args of [["restore", kit], ["create", made], ["verify", made], ["verify", kit]]) {
      const { exitCode, stderr } = await aivault(["backup", ...args], { env });
      assert.equal(exitCode, 0, stderr);
    }
    const { members } = readBackup(new Uint8Array(readFileSync(made)), KEK);
    // The restore and the backup are two events.
    assert.deepEqual([members["secrets"], members["events"]], [2, 13]);
  });
});

test("the tables of FORMAT.md are those of the program", () => {
  const block = /^```sql\n([^]*?)^```/m.exec(page)?.[1] ?? "";
  const statements = (sql: string): string[] =>
    sql.split(";").map((one) => one.replace(/\s+/g, " ").trim()).filter((one) => one !== "");
  assert.deepEqual(statements(block), MIGRATIONS.flatMap(statements));
  assert.match(prose, new RegExp(`application_id\` is \`0x${APPLICATION_ID.toString(16)}`));
  assert.match(prose, new RegExp(`user_version\` is ${MIGRATIONS.length}\\.`));
  assert.match(prose, new RegExp(`format_version\` is ${FORMAT_VERSION}\\.`));
  assert.match(prose, new RegExp(`retired_kek_ids\` \\(${MAX_RETIRED_KEK_IDS} at most\\)`));
});

test("FORMAT.md names the kinds of events that need no proof, and the bounds of Argon2", () => {
  const named = /((?:`[a-z.]+`(?:, | and )?)+) are recorded without the KEK/.exec(prose)?.[1] ?? "";
  const kinds = [...named.matchAll(/`([a-z.]+)`/g)].map(([, kind = ""]) => kind);
  assert.equal(kinds.length, 3);
  for (const kind of kinds) assert.equal(needsProof(kind), false, kind);
  const declared =
    /KEYLESS_KINDS: readonly string\[\] = \[([^\]]*)\]/.exec(read("lib/vault/audit/audit.ts"))
      ?.[1] ?? "";
  const all = [...declared.matchAll(/"([a-z.]+)"/g)].map(([, kind = ""]) => kind);
  assert.deepEqual(kinds.sort(), all.sort());
  const number = (value: number): string => value.toLocaleString("en-US");
  const bounds = Object.values(ARGON2_BOUNDS).map(([least, most], i) =>
    `${number(least)} ≤ ${"mtp"[i]} ≤ ${number(most)}`
  );
  assert.ok(prose.includes(bounds.join(", ")), bounds.join(", "));
});

const example = parse(textBlocks()[1] ?? "");
const { "m, t, p": costs = "", salt = "", KEK: kek = "" } = example;
const [memoryKiB = 0, iterations = 0, parallelism = 0] = costs.split(", ").map(Number);

test("the passphrase of FORMAT.md is normalised, and gives the key of the kit's vault", async () => {
  const typed = Buffer.from(example["passphrase, as typed"] ?? "", "hex").toString("utf8");
  const normalised = Buffer.from(typed.normalize("NFC")).toString("hex");
  assert.equal(normalised, example["passphrase, normalised"]);
  assert.notEqual(normalised, example["passphrase, as typed"]);
  const parameters = { memoryKiB, iterations, parallelism, salt: hex(salt) };
  assert.deepEqual(await deriveKey(new TextEncoder().encode(typed), parameters), hex(kek));
  const provider = JSON.parse(
    String(kitVault("passphrase").prepare("select provider from vault").get()?.["provider"]),
  );
  const expected = { algorithm: "argon2id", version: 19, memoryKiB, iterations, parallelism };
  const stored = { ...expected, salt: Buffer.from(salt, "hex").toString("base64") };
  assert.deepEqual(provider, { type: "passphrase", kdf: stored });
});

const argon2Sync: unknown = Reflect.get(nodeCrypto, "argon2Sync");

test("the passphrase of FORMAT.md gives that key by another Argon2id too", {
  skip: typeof argon2Sync === "function" ? false : "this runtime ships no Argon2 of its own",
}, () => {
  assert.ok(typeof argon2Sync === "function");
  const key: unknown = argon2Sync("argon2id", {
    message: Buffer.from(example["passphrase, normalised"] ?? "", "hex"),
    nonce: Buffer.from(salt, "hex"),
    memory: memoryKiB,
    passes: iterations,
    parallelism,
    tagLength: 32,
  });
  assert.ok(key instanceof Uint8Array);
  assert.equal(Buffer.from(key).toString("hex"), kek);
});
