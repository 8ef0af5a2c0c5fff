/** `aivault init`: does what its flags say, and writes no key anywhere else. */
import test from "node:test";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { filesWith, listFiles, snapshot } from "../helpers/files.ts";
import { withSession } from "../helpers/session.ts";

const KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const options = { timeout: 120_000 };

const vaultOnly = [
  "700 .aivault/",
  "700 .aivault/data/",
  "700 .aivault/data/vault/",
  "600 .aivault/data/vault/vault.db",
];

test(
  "init --provider file makes the key where --file-path says, and nowhere else",
  options,
  () =>
    withSession(async ({ check, directory, home }) => {
      await check(`
      $ aivault init --provider file --file-path <dir>/keys/my.key
      initialised  <dir>/home/.aivault/data/vault
      provider     file
      key          key file <dir>/keys/my.key

      $ printf sk-1 | aivault secrets create A --value-file -
      created A in scope global (<id>)
    `);
      assert.deepEqual(await listFiles(home), vaultOnly);
      assert.deepEqual(await listFiles(join(directory, "keys")), ["600 my.key"]);
      const text = await readFile(join(directory, "keys", "my.key"), "utf8");
      assert.match(text, /^[A-Za-z0-9+/]{43}=\n?$/);
    }),
);

test(
  "init --provider file obeys --file-path with AIVAULT_DIR set too, relative to the caller",
  options,
  () =>
    withSession(async ({ check, directory, home }) => {
      await check(`
      $ aivault init --provider file --file-path keys/my.key
      initialised  <dir>/vault
      provider     file
      key          key file <dir>/keys/my.key

      $ cd / && printf sk-1 | aivault secrets create A --value-file -
      created A in scope global (<id>)
    `);
      assert.deepEqual(await listFiles(join(directory, "vault")), ["600 vault.db"]);
      assert.deepEqual(await listFiles(join(directory, "keys")), ["600 my.key"]);
      assert.deepEqual(await listFiles(home), []);
    }, { AIVAULT_DIR: "<dir>/vault" }),
);

test(
  "init --provider env takes the key from --env-var and writes it nowhere",
  options,
  () =>
    withSession(async ({ check, directory, home }) => {
      await check(`
      $ AIVAULT_KEY=${KEY} aivault init --provider env --env-var AIVAULT_KEY
      initialised  <dir>/home/.aivault/data/vault
      provider     env
      key          environment variable AIVAULT_KEY (adopted)

      $ printf sk-1 | AIVAULT_KEY=${KEY} aivault secrets create A --value-file -
      created A in scope global (<id>)

      $ MY_KEY=${KEY} AIVAULT_DIR=<dir>/second aivault init --provider env --env-var MY_KEY
      initialised  <dir>/second
      provider     env
      key          environment variable MY_KEY (adopted)

      $ AIVAULT_KEY=${KEY} AIVAULT_DIR=<dir>/second aivault secrets list
      ! aivault: read the vault's key: environment variable MY_KEY is not set
      ! hint: set MY_KEY to the vault's key, base64 of 32 bytes
      [8]
    `);
      assert.deepEqual(await listFiles(home), vaultOnly);
      assert.deepEqual(await listFiles(join(directory, "second")), ["600 vault.db"]);
      assert.deepEqual(await filesWith(directory, Buffer.from(KEY, "base64")), []);
      assert.deepEqual(await filesWith(directory, KEY), []);
    }),
);

test(
  "init --provider passphrase derives the key and writes it nowhere",
  options,
  () =>
    withSession(async ({ check, directory, home }) => {
      await check(`
      $ aivault init --provider passphrase --passphrase "correct horse"
      initialised  <dir>/home/.aivault/data/vault
      provider     passphrase
      key          the passphrase
      ! warning: other users can read --passphrase in the list of processes; --passphrase-file - is safer

      $ printf "correct horse" | aivault secrets list --passphrase-file -
      no secrets

      $ AIVAULT_DIR=<dir>/second AIVAULT_PASSPHRASE=battery aivault init --provider passphrase --argon2-memory 8 --argon2-iterations 1
      initialised  <dir>/second
      provider     passphrase
      key          the passphrase
    `);
      assert.deepEqual(await listFiles(home), vaultOnly);
      assert.deepEqual(await listFiles(join(directory, "second")), ["600 vault.db"]);
      assert.deepEqual(await filesWith(directory, "correct horse"), []);
      assert.deepEqual(await filesWith(directory, "battery"), []);
    }),
);

const notOnMac = process.platform === "darwin" ? { skip: "this machine has a Keychain" } : {};

test("init --provider macos-keychain says clearly that there is none here", {
  ...options,
  ...notOnMac,
}, () =>
  withSession(async ({ run, home }) => {
    const flags = "--keychain-service my-app --keychain-account my-account";
    const { exitCode, stdout, stderr } = await run(
      `aivault init --provider macos-keychain ${flags}`,
    );
    assert.equal(exitCode, 8, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /^aivault: [^\n]*Keychain[^\n]*macOS/i);
    assert.deepEqual((await listFiles(home)).filter((line) => !line.endsWith("/")), []);
  }));

test(
  "init exits 5 on an existing vault, and not a byte of it changes",
  options,
  () =>
    withSession(async ({ check, run, json, directory, home }) => {
      await check(`
      $ printf sk-1 | aivault secrets create A --value-file -
      created A in scope global (<id>)
      ! initialised a vault in <dir>/home/.aivault/data/vault; its key is in key file <dir>/home/.aivault/keys/kek.key
    `);
      const before = await snapshot(directory);
      await check(`
      $ aivault init
      ! aivault: initialise the vault: there is a vault here already
      ! hint: nothing was changed
      ! hint: see it with: aivault status
      [5]
    `);
      const flags = [
        "--provider file --file-path <dir>/other.key",
        `--provider file --file-path ${home}/.aivault/keys/kek.key`,
        "--provider env",
        "--provider passphrase --passphrase-file /dev/null",
      ];
      for (const flag of flags) {
        const { exitCode, stdout } = await run(`AIVAULT_KEY=${KEY} aivault init ${flag} --json`);
        assert.equal(exitCode, 5, flag);
        assert.equal(JSON.parse(stdout).error.code, "ALREADY_EXISTS");
      }
      assert.deepEqual(await snapshot(directory), before);
      assert.deepEqual((await json("aivault status --json") as { secrets: number }).secrets, 1);
    }),
);

test(
  "init refuses flags of another provider, and makes nothing",
  options,
  () =>
    withSession(async ({ check, home }) => {
      await check(`
      $ aivault init --provider file --env-var AIVAULT_KEY
      ! aivault: initialise the vault: --env-var is not for provider file
      [2]

      $ aivault init --provider env --file-path key
      ! aivault: initialise the vault: --file-path is not for provider env
      [2]

      $ aivault init --provider passphrase --passphrase p --file-path key
      ! warning: other users can read --passphrase in the list of processes; --passphrase-file - is safer
      ! aivault: initialise the vault: --file-path is not for provider passphrase
      [2]

      $ aivault init --provider file --passphrase p
      ! warning: other users can read --passphrase in the list of processes; --passphrase-file - is safer
      ! aivault: initialise the vault: --passphrase is not for provider file
      [2]

      $ aivault init --provider env --passphrase-file p
      ! aivault: initialise the vault: --passphrase-file is not for provider env
      [2]

      $ aivault init --provider file --argon2-memory 8
      ! aivault: initialise the vault: --argon2-memory is not for provider file
      [2]

      $ aivault init --provider env --env-var 9X
      ! aivault: initialise the vault: --env-var is not a variable's name
      [2]

      $ AIVAULT_PASSPHRASE=p aivault init --provider passphrase --argon2-memory 4
      ! aivault: set the cost of the passphrase: --argon2-memory must be a whole number from 8 to 1024
      [2]
    `);
      const files = (await listFiles(home)).filter((line) => !line.endsWith("/"));
      assert.deepEqual(files, []);
    }),
);

test(
  "init --json is one document that names the place, the provider and the key",
  options,
  () =>
    withSession(async ({ json, directory }) => {
      assert.deepEqual(await json("aivault init --json"), {
        directory: join(directory, "vault"),
        provider: "file",
        key: `key file ${join(directory, "vault", "kek.key")}`,
        adopted: false,
      });
    }, { AIVAULT_DIR: "<dir>/vault" }),
);
