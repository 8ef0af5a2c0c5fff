/** `aivault recovery …` as a user meets it. */
import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { filesWith, snapshot } from "../helpers/files.ts";
import { type Session, withSession } from "../helpers/session.ts";

const options = { timeout: 120_000 };
const KEY_FILE = ".aivault/keys/kek.key";
const HINT = "! hint: the recovery key stays as it is; if others may have seen it, replace it";
const CHEAP = "--argon2-memory 8 --argon2-iterations 1";

/** Makes a recovery key, and keeps it in the session's file `paper`. */
async function makePaper({ run, directory }: Session, env = ""): Promise<string> {
  const { exitCode, stdout, stderr } = await run(`${env} aivault recovery create --print`);
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /^([0-9A-HJKMNP-TV-Z]{8}-){7}[0-9A-HJKMNP-TV-Z]{8}\n$/);
  assert.ok(!stderr.includes(stdout.trim().slice(0, 8)), "it is said on standard output alone");
  await writeFile(join(directory, "paper"), stdout);
  return stdout.trim();
}

test(
  "recovery use brings back a vault whose key file was deleted",
  options,
  () =>
    withSession(async (session) => {
      const { check, home, run } = session;
      await run("printf sk-1 | aivault secrets create A --value-file -");
      await makePaper(session);
      await rm(join(home, KEY_FILE));
      await check(`
      $ aivault secrets show A
      ! aivault: read the vault's key: key file <dir>/home/.aivault/keys/kek.key does not exist
      ! hint: put the key file back; without it only a recovery key opens the vault
      ! hint: if the key is lost, come back with: aivault recovery use
      [8]

      $ aivault recovery use --recovery-key-file paper
      recovered  <dir>/home/.aivault/data/vault
      provider   file
      key        key file <dir>/home/.aivault/keys/kek.key
      secrets    1
      ${HINT}

      $ aivault secrets show A
      name       A
      id         <id>
      scope      global
      version    1
      created    <time>
      updated    <time>
      last used  never

      $ aivault rotate-master
      rotated the master key: 1 secret is under the new key in key file <dir>/home/.aivault/keys/kek.key
    `);
      await rm(join(home, KEY_FILE));
      await check(`
      $ tr A-Z- 'a-z ' < paper | aivault recovery use --recovery-key-file -
      recovered  <dir>/home/.aivault/data/vault
      provider   file
      key        key file <dir>/home/.aivault/keys/kek.key
      secrets    1
      ${HINT}
    `);
    }),
);

test(
  "recovery use moves a vault from a lost provider to each other one",
  options,
  () =>
    withSession(async (session) => {
      const { check, run } = session;
      const key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
      await run("printf sk-1 | aivault secrets create A --value-file -");
      await makePaper(session);
      await check(`
      $ rm home/.aivault/keys/kek.key; AIVAULT_KEY=${key} aivault recovery use --recovery-key-file paper --provider env
      recovered  <dir>/home/.aivault/data/vault
      provider   env
      key        environment variable AIVAULT_KEY (adopted)
      secrets    1
      ${HINT}

      $ AIVAULT_PASSPHRASE=correct aivault recovery use --recovery-key-file paper --provider passphrase ${CHEAP}
      recovered  <dir>/home/.aivault/data/vault
      provider   passphrase
      key        the passphrase
      secrets    1
      ${HINT}

      $ AIVAULT_PASSPHRASE=forgotten aivault secrets show A
      ! aivault: unlock the vault: the passphrase is not this vault's
      ! hint: nothing was changed; check that this is the right vault and the right key
      ! hint: if the key is lost, come back with: aivault recovery use
      [6]

      $ aivault recovery use --recovery-key-file paper --provider file --file-path new.key
      recovered  <dir>/home/.aivault/data/vault
      provider   file
      key        key file <dir>/new.key
      secrets    1
      ${HINT}

      $ aivault secrets list | cut -c 1-6
      NAME
      A
    `);
      const { events } = await session.json("aivault audit --json --limit 3") as {
        events: { kind: string; note: string | null }[];
      };
      assert.deepEqual(events.map(({ kind, note }) => [kind, note]), [
        ["recovery.use", null],
        ["vault.rotate-master", "passphrase to file"],
        ["vault.unlock.failed", null],
      ]);
    }),
);

test(
  "recovery use tells a wrong, a mistyped, a revoked and a missing recovery key apart, and changes nothing",
  options,
  () =>
    withSession(async (session) => {
      const { check, home, run, directory } = session;
      await run("AIVAULT_DIR=<dir>/other aivault recovery create --print > wrong");
      await run("aivault secrets list");
      await check(`
      $ aivault recovery use --recovery-key-file wrong
      ! aivault: find the recovery key: this vault has none
      ! hint: while its key is at hand, make one with: aivault recovery create
      [4]

      $ aivault recovery revoke
      ! aivault: find the recovery key: this vault has none
      ! hint: while its key is at hand, make one with: aivault recovery create
      [4]
    `);
      const text = await makePaper(session);
      const mistyped = text.slice(0, 20) + (text[20] === "A" ? "B" : "A") + text.slice(21);
      await writeFile(join(directory, "mistyped"), mistyped);
      const before = (await snapshot(home))[KEY_FILE];
      await check(`
      $ aivault recovery use --recovery-key-file wrong
      ! aivault: open the vault: the recovery key is not this vault's
      ! hint: nothing was changed; a key that was replaced or revoked opens nothing
      [6]

      $ aivault recovery use --recovery-key-file mistyped
      ! aivault: open the vault: group 3 of the recovery key was mistyped
      ! hint: a recovery key is 8 groups of 8 characters; nothing was changed
      [2]

      $ aivault recovery use --recovery-key-file paper
      ! aivault: recover the vault: the key there is the vault's own
      ! hint: nothing was changed; for a new key, say: aivault rotate-master
      ! hint: to keep it elsewhere from now on, name another place
      [2]

      $ aivault recovery use --recovery-key-file nowhere
      ! aivault: read the recovery key from a file: there is no such file
      [2]

      $ aivault recovery use < paper
      ! aivault: recover the vault: the recovery key is needed, and there is no terminal to ask on
      ! hint: give it with --recovery-key-file <path|->
      [2]

      $ aivault recovery create --print
      ! aivault: make a recovery key: there is a recovery key already
      ! hint: nothing was changed; to make that one useless, add --replace
      [5]

      $ aivault recovery create
      ! aivault: make a recovery key: there is no terminal to show it on
      ! hint: to have it on standard output, add --print or --json
      [2]
    `);
      assert.equal((await snapshot(home))[KEY_FILE], before);
      await run("aivault recovery create --print --replace > newer");
      await check(`
      $ rm home/.aivault/keys/kek.key; aivault recovery use --recovery-key-file paper
      ! aivault: open the vault: the recovery key is not this vault's
      ! hint: nothing was changed; a key that was replaced or revoked opens nothing
      [6]

      $ aivault recovery use --recovery-key-file newer --json | grep -c kekId
      1
      ${HINT}

      $ aivault status | grep recovery
      recovery  key of <time>

      $ aivault recovery revoke
      revoked the recovery key
      ! hint: it still opens older copies of the vault; if others may have it, rotate the master key now: aivault rotate-master

      $ aivault status | grep recovery
      recovery  no recovery key
    `);
    }),
);

test(
  "recovery use without a vault says that a backup is needed, and makes none",
  options,
  () =>
    withSession(async ({ check, directory }) => {
      await writeFile(join(directory, "paper"), "x");
      await check(`
      $ aivault recovery use --recovery-key-file paper; ls -A home
      ! aivault: recover the vault: there is no vault here
      ! hint: a recovery key opens a vault, it does not hold one; restore the vault from a backup first
    `);
    }),
);

test(
  "recovery create leaves the recovery key nowhere on the disk, and gives it to --json once",
  options,
  () =>
    withSession(async (session) => {
      const { json, home } = session;
      const document = await json("aivault recovery create --json") as Record<string, string>;
      const text = document["recoveryKey"] ?? "";
      assert.match(text, /^([0-9A-HJKMNP-TV-Z]{8}-){7}[0-9A-HJKMNP-TV-Z]{8}$/);
      for (const group of [text, ...text.split("-")]) {
        assert.deepEqual(await filesWith(home, group), []);
      }
      const { recoveryCreatedAtMs } = await json("aivault status --json") as Record<string, number>;
      assert.ok(Math.abs(Date.now() - Number(recoveryCreatedAtMs)) < 600_000);
      const audit = JSON.stringify(await json("aivault audit --json"));
      assert.ok(
        audit.includes("recovery.create") && !text.split("-").some((g) => audit.includes(g)),
      );
      assert.ok((await readFile(join(home, KEY_FILE))).length > 0);
    }),
);
