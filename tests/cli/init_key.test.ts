/** `aivault init` and the key it is given: adopted as it is, or refused with words that say why. */
import test from "node:test";
import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { listFiles, snapshot } from "../helpers/files.ts";
import { withSession } from "../helpers/session.ts";

const KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const options = { timeout: 120_000 };
const ADOPTED =
  "! hint: the key was there already; a vault that shares it is locked out when this one's master key is rotated";

test(
  "init adopts an existing key file and leaves it byte-identical",
  options,
  () =>
    withSession(async ({ check, directory }) => {
      // The url alphabet, no padding, white space around it: all of it is the owner's choice.
      const text = "  -_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8\r\n\n";
      await writeFile(join(directory, "my.key"), text, { mode: 0o600 });
      const before = await snapshot(directory);
      await check(`
      $ aivault init --provider file --file-path my.key
      initialised  <dir>/home/.aivault/data/vault
      provider     file
      key          key file <dir>/my.key (adopted)
      ${ADOPTED}

      $ printf sk-1 | aivault secrets create A --value-file -
      created A in scope global (<id>)
    `);
      assert.equal((await snapshot(directory))["my.key"], before["my.key"]);
    }),
);

test(
  "init refuses a key file that others can read, and says how to mend it",
  options,
  () =>
    withSession(async ({ check, directory }) => {
      await writeFile(join(directory, "my key"), KEY, { mode: 0o644 });
      const before = await snapshot(directory);
      await check(`
      $ aivault init --provider file --file-path "my key"
      ! aivault: read the vault's key: key file <dir>/my key can be read by other users
      ! hint: mend it with: chmod 600 '<dir>/my key'
      [8]
    `);
      assert.equal((await snapshot(directory))["my key"], before["my key"]);
      await check(`
      $ chmod 600 '<dir>/my key' && aivault init --provider file --file-path "my key"
      initialised  <dir>/home/.aivault/data/vault
      provider     file
      key          key file <dir>/my key (adopted)
      ${ADOPTED}

      $ chmod 640 "my key" && aivault secrets list
      ! aivault: read the vault's key: key file <dir>/my key can be read by other users
      ! hint: mend it with: chmod 600 '<dir>/my key'
      [8]
    `);
    }),
);

test(
  "init refuses what is no key file, and does not overwrite it",
  options,
  () =>
    withSession(async ({ check, directory, home }) => {
      await writeFile(join(directory, "real.key"), KEY, { mode: 0o600 });
      await symlink("real.key", join(directory, "link.key"));
      await symlink("nowhere", join(directory, "dangling.key"));
      await mkdir(join(directory, "directory.key"));
      await writeFile(join(directory, "text.key"), "hunter2!", { mode: 0o600 });
      await writeFile(join(directory, "empty.key"), "", { mode: 0o600 });
      await writeFile(join(directory, "large.key"), "A".repeat(100_000), { mode: 0o600 });
      const before = await snapshot(directory);
      await check(`
      $ aivault init --provider file --file-path link.key
      ! aivault: read the vault's key: key file <dir>/link.key is a symbolic link
      [8]

      $ aivault init --provider file --file-path dangling.key
      ! aivault: read the vault's key: key file <dir>/dangling.key is a symbolic link
      [8]

      $ aivault init --provider file --file-path directory.key
      ! aivault: read the vault's key: key file <dir>/directory.key is not a regular file
      [8]

      $ aivault init --provider file --file-path text.key
      ! aivault: read the vault's key: key file <dir>/text.key is not base64
      ! hint: a key is base64 of exactly 32 bytes; make one with: head -c 32 /dev/urandom | base64
      [8]

      $ aivault init --provider file --file-path empty.key
      ! aivault: read the vault's key: key file <dir>/empty.key is empty
      ! hint: a key is base64 of exactly 32 bytes; make one with: head -c 32 /dev/urandom | base64
      [8]

      $ aivault init --provider file --file-path large.key
      ! aivault: read the vault's key: key file <dir>/large.key is too large to be a key
      [8]
    `);
      const after = await snapshot(directory);
      for (const path of Object.keys(before)) {
        if (path !== "home") assert.equal(after[path], before[path], path);
      }
      assert.deepEqual((await listFiles(home)).filter((line) => !line.endsWith("/")), []);
    }),
);

test(
  "init --provider env tells a missing, an empty, a garbled and a short key apart",
  options,
  () =>
    withSession(async ({ check, home }) => {
      const hint =
        "! hint: a key is base64 of exactly 32 bytes; make one with: head -c 32 /dev/urandom | base64";
      await check(`
      $ aivault init --provider env --env-var AIVAULT_KEY
      ! aivault: read the vault's key: environment variable AIVAULT_KEY is not set
      ! hint: make a key, and keep a copy: export AIVAULT_KEY="$(head -c 32 /dev/urandom | base64)"
      [8]

      $ AIVAULT_KEY= aivault init --provider env --env-var AIVAULT_KEY
      ! aivault: read the vault's key: environment variable AIVAULT_KEY is empty
      ${hint}
      [8]

      $ AIVAULT_KEY='hunter2!' aivault init --provider env --env-var AIVAULT_KEY
      ! aivault: read the vault's key: environment variable AIVAULT_KEY is not base64
      ${hint}
      [8]

      $ AIVAULT_KEY=$(head -c 31 /dev/zero | base64) aivault init --provider env --env-var AIVAULT_KEY
      ! aivault: read the vault's key: environment variable AIVAULT_KEY holds 31 bytes, a key has 32
      ${hint}
      [8]

      $ AIVAULT_KEY=$(head -c 33 /dev/zero | base64) aivault init --provider env --env-var AIVAULT_KEY
      ! aivault: read the vault's key: environment variable AIVAULT_KEY holds 33 bytes, a key has 32
      ${hint}
      [8]
    `);
      assert.deepEqual((await listFiles(home)).filter((line) => !line.endsWith("/")), []);
    }),
);
