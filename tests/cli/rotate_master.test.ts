/** `aivault rotate-master` for each provider: the new key opens the vault, the old one does not, no value is touched. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { openDek } from "../../lib/vault/secrets/envelope.ts";
import { holdKek } from "../../lib/vault/keys/kek.ts";
import { parseSecretRow } from "../../lib/vault/secrets/secret.ts";
import { vaultInfo } from "../../lib/vault/vault_info.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import { listFiles, snapshot } from "../helpers/files.ts";
import { rows, withRaw } from "../helpers/raw_database.ts";
import { type Session, withSession } from "../helpers/session.ts";
import { bytesOf, valueOf, type VaultAccess } from "./vault_of.ts";

const options = { timeout: 200_000 };
const CHEAP = "--argon2-memory 8 --argon2-iterations 1";
const keyOf = (byte: number): string => Buffer.alloc(32, byte).toString("base64");
const env = { AIVAULT_DIR: "<dir>/vault", AIVAULT_KEY: keyOf(1), AIVAULT_PASSPHRASE: "old words" };

/** How a vault of each provider is made. */
const INIT = {
  file: "aivault init --provider file",
  env: "aivault init --provider env",
  passphrase: `aivault init --provider passphrase ${CHEAP}`,
} as const;
type Provider = keyof typeof INIT;

/** Runs `work` with a vault of `provider` that holds two secrets. */
function withVault(provider: Provider, work: (session: Session) => Promise<void>): Promise<void> {
  return withSession(async (session) => {
    await session.json(`${INIT[provider]} --json`);
    await session.json("aivault secrets create A --value value-a --json");
    await session.json("aivault secrets create B --value value-b --workspace-id w --json");
    await work(session);
  }, env);
}

function stored({ directory }: Session, sql: string): unknown[] {
  return withRaw(join(directory, "vault", "vault.db"), (raw) => rows(raw, sql));
}

const VALUES = "select * from secret_values order by secret_id";
const WRAPPED = "select id, hex(wrapped_dek) as dek, kek_id from secrets order by id";

/** Rotates, and checks that the values open under the new key and that their ciphertexts are what they were. */
async function rotate(session: Session, flags: string, access: VaultAccess): Promise<string> {
  const values = stored(session, VALUES);
  const wrapped = stored(session, WRAPPED) as { id: string; dek: string; kek_id: string }[];
  const { exitCode, stdout, stderr } = await session.run(`aivault rotate-master ${flags}`);
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /^rotated the master key: 2 secrets are under the new key in /);
  assert.deepEqual(stored(session, VALUES), values);
  for (const [i, row] of (stored(session, WRAPPED) as typeof wrapped).entries()) {
    assert.equal(row.id, wrapped[i]?.id);
    assert.notEqual(row.dek, wrapped[i]?.dek);
    assert.notEqual(row.kek_id, wrapped[i]?.kek_id);
  }
  assert.equal(await valueOf(session, "A", {}, access), "value-a");
  assert.equal(await valueOf(session, "B", { workspaceId: "w" }, access), "value-b");
  return stderr;
}

test(
  "a file vault is rotated to a key that is made, given in a file, on a pipe or by a flag",
  options,
  () =>
    withVault("file", async (session) => {
      const keyFile = join(session.directory, "vault", "kek.key");
      const keys = [(await readFile(keyFile, "utf8")).trim()];
      await writeFile(join(session.directory, "given"), `${keyOf(3)}\n`);
      for (
        const [flags, key] of [
          ["", undefined],
          ["--new-key-file given", keyOf(3)],
          [`--new-key-file - <<EOF\n${keyOf(4)}\nEOF`, keyOf(4)],
          [`--new-key ${keyOf(5)}`, keyOf(5)],
        ] as const
      ) {
        await rotate(session, flags, {});
        const now = (await readFile(keyFile, "utf8")).trim();
        if (key !== undefined) assert.equal(now, key);
        assert.ok(!keys.includes(now), "a key that was never there");
        keys.push(now);
        const files = await listFiles(join(session.directory, "vault"));
        assert.deepEqual(files, ["600 kek.key", "600 vault.db"]);
      }
      // Each key of before is known for what it is, and changes nothing.
      for (const old of keys.slice(0, -1)) {
        await writeFile(keyFile, old);
        const before = await snapshot(session.directory);
        const { exitCode, stderr } = await session.run("aivault secrets list");
        assert.equal(exitCode, 8, stderr);
        assert.match(
          stderr,
          /still holds the key from before the master key was rotated\nhint: put the/,
        );
        assert.deepEqual(await snapshot(session.directory), before);
      }
    }),
);

test(
  "an env vault needs the new key, and says that the variable has to hold it now",
  options,
  () =>
    withVault("env", async (session) => {
      await session.check(`
      $ aivault rotate-master
      ! aivault: rotate the master key: a new key is needed
      ! hint: give it with --new-key-file <path|-> or --new-key; the program cannot set a variable for you
      [2]
    `);
      const stderr = await rotate(session, `--new-key ${keyOf(3)}`, { key: keyOf(3) });
      assert.match(
        stderr,
        /^hint: set AIVAULT_KEY to the new key now: until then every command fails$/m,
      );
      assert.equal((await session.run(`AIVAULT_KEY=${keyOf(3)} aivault secrets list`)).exitCode, 0);
      assert.equal((await session.run("aivault secrets list")).exitCode, 8);
    }),
);

test(
  "a passphrase vault is rotated to another passphrase, and keeps the cost of its derivation",
  options,
  () =>
    withVault("passphrase", async (session) => {
      const cost = async (): Promise<unknown> => {
        const { provider: { kdf } } = await session.json("aivault status --json") as {
          provider: { kdf: Record<string, unknown> };
        };
        const { salt, ...costs } = kdf;
        assert.equal(typeof salt, "string");
        return costs;
      };
      const before = await cost();
      await rotate(session, "--new-passphrase 'new words'", { passphrase: "new words" });
      assert.deepEqual(await cost(), before);
      assert.equal((await session.run("aivault secrets list")).exitCode, 6, "the old passphrase");
      const third = "--passphrase 'new words' --new-passphrase-file - <<EOF\nthird words\nEOF";
      await rotate(session, third, { passphrase: "third words" });
      assert.equal(
        (await session.run("aivault secrets list --passphrase 'third words'")).exitCode,
        0,
      );

      const before3 = await snapshot(session.directory);
      await session.check(`
      $ printf 'third words' | aivault rotate-master --passphrase-file - --new-key ${keyOf(7)}
      ! warning: other users can read --new-key in the list of processes; --new-key-file - is safer
      ! aivault: rotate the master key: a passphrase vault takes no key
      ! hint: give a new passphrase: aivault rotate-master --new-passphrase-file <path|->
      [2]

      $ printf 'third words' | aivault rotate-master --passphrase-file -
      ! aivault: set the passphrase: a passphrase is needed, and there is no terminal to ask on
      ! hint: give it with --new-passphrase-file <path|->
      [3]
    `);
      assert.deepEqual(await snapshot(session.directory), before3);
    }),
);

for (const provider of ["file", "env"] as const) {
  test(
    `a ${provider} vault becomes a passphrase vault, and its old key is of no use any more`,
    options,
    () =>
      withVault(provider, async (session) => {
        const place = join(session.directory, "vault");
        const oldKey = provider === "file" ? await readFile(join(place, "kek.key")) : undefined;
        await rotate(session, "--new-passphrase 'new words'", { passphrase: "new words" });
        assert.deepEqual(await listFiles(place), ["600 vault.db"], "the key file is gone");
        if (oldKey !== undefined) await writeFile(join(place, "kek.key"), oldKey, { mode: 0o600 });
        const { provider: { type } } = await session.json("aivault status --json") as {
          provider: { type: string };
        };
        assert.equal(type, "passphrase");
        assert.equal((await session.run("AIVAULT_PASSPHRASE=x aivault secrets list")).exitCode, 6);
        const right = await session.run("AIVAULT_PASSPHRASE='new words' aivault secrets list");
        assert.equal(right.exitCode, 0, right.stderr);
      }),
  );
}

test(
  "rotate-master refuses an earlier key, a bad key, and a key and a passphrase at once",
  options,
  () =>
    withVault("env", async (session) => {
      const before = await snapshot(session.directory);
      await session.check(`
      $ printf ${keyOf(1)} | aivault rotate-master --new-key-file -
      ! aivault: rotate the master key: the new key is one that the vault had before
      ! hint: nothing was changed; choose a key that was never used for this vault
      [2]

      $ printf hunter2 | aivault rotate-master --new-key-file -
      ! aivault: rotate the master key: the new key is not base64
      ! hint: a key is base64 of exactly 32 bytes; make one with: head -c 32 /dev/urandom | base64
      [2]

      $ printf AAAA | aivault rotate-master --new-key-file -
      ! aivault: rotate the master key: the new key holds 3 bytes, a key has 32
      ! hint: a key is base64 of exactly 32 bytes; make one with: head -c 32 /dev/urandom | base64
      [2]

      $ printf p | aivault rotate-master --new-key ${keyOf(3)} --new-passphrase-file -
      ! aivault: rotate the master key: a new key and a new passphrase cannot both be given
      [2]

      $ aivault rotate-master --new-key ${keyOf(3)} --new-key-file given
      ! warning: other users can read --new-key in the list of processes; --new-key-file - is safer
      ! aivault: rotate the master key: --new-key and --new-key-file cannot both be given
      [2]
    `);
      assert.deepEqual(await snapshot(session.directory), before);
      assert.equal((await bytesOf(session, "A", {}, { key: keyOf(1) })).length, 7);
    }),
);

test(
  "each secret has the same DEK after a rotation as before",
  options,
  () =>
    withVault("env", async (session) => {
      const deks = async (byte: number): Promise<string[]> => {
        const store = await SqliteStore.open({
          path: join(session.directory, "vault", "vault.db"),
        });
        try {
          const { vaultId } = await vaultInfo(store);
          const kek = holdKek(new Uint8Array(32).fill(byte), vaultId);
          const records = await store.read((reader) => reader.secrets(undefined, 10));
          const opened = records.map((row) => openDek(kek, vaultId, parseSecretRow(row)));
          return (await Promise.all(opened)).map((dek) => Buffer.from(dek).toString("hex"));
        } finally {
          await store.close();
        }
      };
      const before = await deks(1);
      assert.equal(new Set(before).size, 2);
      await rotate(session, `--new-key ${keyOf(3)}`, { key: keyOf(3) });
      assert.deepEqual(await deks(3), before);
    }),
);
