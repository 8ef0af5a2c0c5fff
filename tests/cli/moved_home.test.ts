/** A vault whose home directory has another path now: restored, renamed, or mounted in a container. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { listFiles } from "../helpers/files.ts";
import { withSession } from "../helpers/session.ts";

const options = { timeout: 120_000 };

test(
  "a vault at the default place finds its key when the home directory has moved, and rotates it there",
  options,
  () =>
    withSession(async ({ check, run, directory }) => {
      await run("printf one | aivault secrets create A --value-file -; mv home moved");
      const key = () => readFile(join(directory, "moved/.aivault/keys/kek.key"), "utf8");
      const before = await key();
      await check(`
      $ HOME=<dir>/moved aivault status | grep -E '^(provider|state)'
      provider  file (key file <dir>/moved/.aivault/keys/kek.key)
      state     unlocked

      $ HOME=<dir>/moved aivault rotate-master
      rotated the master key: 1 secret is under the new key in key file <dir>/moved/.aivault/keys/kek.key

      $ HOME=<dir>/moved aivault doctor | grep -E '^(ok +key|.* error)'
      ok       key        the vault's own, from key file <dir>/moved/.aivault/keys/kek.key
      0 errors, 1 warning

      $ chmod 644 moved/.aivault/keys/kek.key; HOME=<dir>/moved aivault doctor --fix | grep did:
                          did: chmod 600 '<dir>/moved/.aivault/keys/kek.key'

      $ HOME=<dir>/moved aivault secrets list --json | grep -c '"name"'
      1
    `);
      assert.notEqual(await key(), before);
      assert.deepEqual((await listFiles(directory)).filter((file) => file.includes("kek.key")), [
        "600 moved/.aivault/keys/kek.key",
      ]);
    }),
);

test(
  "a backup of a vault at the default place is restored in another home, to which its key was brought",
  options,
  () =>
    withSession(async ({ check, run }) => {
      await run("printf one | aivault secrets create A --value-file -; aivault backup create b");
      await run("mkdir -p you/.aivault && mv home/.aivault/keys you/.aivault/");
      await check(`
      $ HOME=<dir>/you aivault backup restore b | head -1
      restored  <dir>/you/.aivault/data/vault

      $ HOME=<dir>/you aivault audit verify | head -1
      verified 4 events and 1 secret: all is as it was recorded
    `);
    }),
);

test(
  "a vault's directory that was moved away from the home still finds the key there, and nowhere else",
  options,
  () =>
    withSession(async ({ check, run }) => {
      await run("printf one | aivault secrets create A --value-file -");
      await run("mv home/.aivault/data/vault away");
      await check(`
      $ AIVAULT_DIR=<dir>/away aivault status | grep state
      state     unlocked

      $ mv home/.aivault/keys/kek.key away/; AIVAULT_DIR=<dir>/away aivault secrets show A
      ! aivault: read the vault's key: key file <dir>/home/.aivault/keys/kek.key does not exist
      ! hint: put the key file back; without it only a recovery key opens the vault
      [8]

      $ HOME=relative AIVAULT_DIR=<dir>/away aivault secrets show A
      ! aivault: find the vault's key: its file is ~/.aivault/keys/kek.key, and there is no home directory
      ! hint: set HOME to the home directory of the vault's owner
      [8]
    `);
    }),
);

test(
  "a key file that was named is looked for where it was named, whatever the home directory is",
  options,
  () =>
    withSession(async ({ check, run }) => {
      await run("aivault init --provider file --file-path home/my.key");
      await run("mv home moved");
      await check(`
      $ HOME=<dir>/moved aivault secrets list
      ! aivault: read the vault's key: key file <dir>/home/my.key does not exist
      ! hint: put the key file back; without it only a recovery key opens the vault
      [8]

      $ mkdir home && mv moved/my.key home/ && HOME=<dir>/moved aivault secrets list
      no secrets
    `);
    }),
);

test("HOME that is empty is as good as not set", options, () =>
  withSession(async ({ run }) => {
    // What is in the user's own home is looked at only.
    const [empty, unset] = [
      await run("HOME= aivault doctor > /dev/null"),
      await run("unset HOME; aivault doctor > /dev/null"),
    ];
    assert.deepEqual(empty, unset);
    assert.doesNotMatch(empty.stderr, /home directory/);
  }));
