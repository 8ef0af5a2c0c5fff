/** `aivault backup …` as a user meets it. */
import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { snapshot } from "../helpers/files.ts";
import { withRaw } from "../helpers/raw_database.ts";
import { type Session, withSession } from "../helpers/session.ts";
import { valueOf } from "./vault_of.ts";

const options = { timeout: 120_000 };
const VAULT = "home/.aivault/data/vault";
const KEY_FILE = "home/.aivault/keys/kek.key";

async function makeBackup({ run }: Session, file = "vault.bak", env = ""): Promise<void> {
  const { exitCode, stderr } = await run(`${env} aivault backup create ${file}`);
  assert.equal(exitCode, 0, stderr);
}

/** All that a vault's commands say of it, and the values. */
async function contentOf(session: Session, ...names: string[]): Promise<unknown> {
  const { secrets } = await session.json("aivault secrets list --json") as { secrets: unknown };
  return { secrets, values: await Promise.all(names.map((name) => valueOf(session, name))) };
}

test(
  "backup create makes a private file that verify proves and restore brings back",
  options,
  () =>
    withSession(async (session) => {
      const { check, run, directory } = session;
      await run("printf one | aivault secrets create A --value-file -");
      await check(`
      $ umask 000; aivault backup create vault.bak
      backup   vault.bak
      made     <time>
      secrets  1
      events   3
      head     3:<hex>
      key id   <hex>
      ! hint: it opens with the present key; keep that, or a recovery key, apart from it
    `);
      assert.equal((await stat(join(directory, "vault.bak"))).mode & 0o777, 0o600);
      const before = await contentOf(session, "A");
      const files = await snapshot(directory);
      await check(`
      $ aivault backup verify vault.bak
      backup   vault.bak
      made     <time>
      secrets  1
      events   3
      head     3:<hex>
      key id   <hex>
      verified: every secret opens

      $ aivault backup create vault.bak
      ! aivault: write vault.bak: there is a file of this name
      ! hint: nothing was changed; choose another name
      [5]

      $ aivault backup create nowhere/vault.bak
      ! aivault: write nowhere/vault.bak: there is no such directory
      [2]

      $ aivault backup restore vault.bak
      ! aivault: restore the backup: there is a vault here
      ! hint: nothing was changed; to put it aside, add --force
      [5]
    `);
      assert.deepEqual(await snapshot(directory), files);
      await run("printf two | aivault secrets rotate A --value-file -");
      await run("printf new | aivault secrets create B --value-file -");
      const { stdout } = await run("aivault backup restore vault.bak --force");
      assert.match(stdout, /^restored .*\nfrom .*\nmade .*\nsecrets +1\nevents +3\n/);
      const aside = /\nthe previous vault is kept in (.*)\n$/.exec(stdout)?.[1] ?? "";
      assert.equal((await stat(aside)).mode & 0o777, 0o600);
      await check(`
      $ aivault audit verify
      verified 4 events and 1 secret: all is as it was recorded
      head 4:<hex>
    `);
      const { events } = await session.json("aivault audit --json --limit 2") as {
        events: { kind: string }[];
      };
      assert.deepEqual(events.map(({ kind }) => kind), ["backup.restore", "backup.create"]);
      assert.deepEqual(await contentOf(session, "A"), before);
      // What was put aside is the vault of before, whole.
      await run(`mv ${aside} ${VAULT}/vault.db`);
      assert.equal(await valueOf(session, "A"), "two");
      assert.equal(await valueOf(session, "B"), "new");
    }),
);

test(
  "backup verify and restore refuse a backup that was cut or edited anywhere, and change nothing",
  options,
  () =>
    withSession(async (session) => {
      const { run, directory } = session;
      await run("printf one | aivault secrets create A --value-file -");
      await makeBackup(session);
      const whole = await readFile(join(directory, "vault.bak"));
      const bad = join(directory, "bad.bak");
      const manifest = whole.indexOf("{");
      const cuts = [0, 5, 18, manifest + 10, whole.length - 4096, whole.length - 1];
      const edits = [3, 19, manifest + 3, whole.indexOf('"secrets":') + 10, manifest + 700];
      edits.push(whole.length >> 1, whole.length - 1);
      const variants = [
        ...cuts.map((length) => whole.subarray(0, length)),
        ...edits.map((at) => {
          const edited = new Uint8Array(whole);
          edited[at] = (edited[at] ?? 0) ^ 1;
          return edited;
        }),
        new Uint8Array([...whole, 0]),
      ];
      const before = (await snapshot(directory))[`${VAULT}/vault.db`];
      for (const [i, variant] of variants.entries()) {
        await writeFile(bad, variant);
        const command = i % 4 === 0 ? "restore --force" : "verify";
        const { exitCode, stderr } = await run(`aivault backup ${command} bad.bak`);
        assert.equal(exitCode, 7, `variant ${i}: ${stderr}`);
      }
      const after = await snapshot(directory);
      assert.equal(after[`${VAULT}/vault.db`], before);
      const files = Object.keys(after).filter((path) => path.startsWith(VAULT));
      assert.deepEqual(files, [VAULT, `${VAULT}/vault.db`]);
      const { stderr } = await run("aivault backup verify bad.bak");
      assert.match(stderr, /the backup was truncated, edited or damaged\n/);
    }),
);

test(
  "backup verify says which secret does not open, and exits 7",
  options,
  () =>
    withSession(async (session) => {
      const { run } = session;
      await run("printf one | aivault secrets create A --value-file -");
      await run("printf two | aivault secrets create B --value-file -");
      const db = `${VAULT}/vault.db`;
      const edit = `update secret_values set sealed_value = zeroblob(60) where secret_id =
        (select secret_id from secret_names where name = 'A')`;
      withRaw(join(session.directory, db), (raw) => raw.exec(edit));
      await makeBackup(session);
      const { exitCode, stdout, stderr } = await run("aivault backup verify vault.bak");
      assert.equal(exitCode, 7);
      assert.match(stdout, /^secret A \([0-9a-f-]{36}\): it does not open\n/);
      assert.match(stderr, /verify the backup: 1 secret does not open\n/);
    }),
);

test(
  "a backup from before a rotation of the master key needs the key from then, and says so",
  options,
  () =>
    withSession(async (session) => {
      const { check, run } = session;
      await run("printf one | aivault secrets create A --value-file -");
      await run(`cp ${KEY_FILE} old.key`);
      await makeBackup(session);
      await run("aivault rotate-master");
      await run(`cp ${KEY_FILE} new.key`);
      await check(`
      $ aivault backup verify vault.bak
      ! aivault: open the backup: it was made under another key than the one at hand: it needs the key from then, <hex>
      ! hint: if the master key was rotated since, give the key from then with --key-file <path|->
      ! hint: or give the recovery key from then with --recovery-key-file <path|->
      [6]

      $ aivault backup verify vault.bak --key-file new.key > /dev/null
      ! aivault: open the backup: it was made under another key than the one at hand: it needs the key from then, <hex>
      ! hint: if the master key was rotated since, give the key from then with --key-file <path|->
      ! hint: or give the recovery key from then with --recovery-key-file <path|->
      [6]

      $ aivault backup verify vault.bak --key-file old.key | tail -1
      verified: every secret opens

      $ aivault backup restore vault.bak --force --key-file old.key | head -1
      restored  <dir>/${VAULT}
      ! hint: the vault looks for its key in key file <dir>/${KEY_FILE}: if it is not there, put it there now
    `);
      assert.equal((await run("aivault secrets show A")).exitCode, 6);
      await run(`cp old.key ${KEY_FILE}`);
      assert.equal(await valueOf(session, "A"), "one");
    }),
);

test(
  "backup restore and recovery use bring a vault back where nothing is left but the two",
  options,
  () =>
    withSession(async (session) => {
      const { check, run } = session;
      await run("printf one | aivault secrets create A --value-file -");
      await run("aivault recovery create --print > paper");
      await makeBackup(session);
      await run("rm -r home/.aivault");
      await check(`
      $ aivault backup restore vault.bak
      ! aivault: open the backup: it was made under another key than the one at hand: it needs the key from then, <hex>
      ! hint: if the master key was rotated since, give the key from then with --key-file <path|->
      ! hint: or give the recovery key from then with --recovery-key-file <path|->
      [8]

      $ aivault backup restore vault.bak --recovery-key-file paper | head -1
      restored  <dir>/${VAULT}
      ! hint: if its key is not in key file <dir>/${KEY_FILE}, give it a new one: aivault recovery use

      $ aivault recovery use --recovery-key-file paper | head -1
      recovered  <dir>/${VAULT}
      ! hint: the recovery key stays as it is; if others may have seen it, replace it
    `);
      assert.equal(await valueOf(session, "A"), "one");
    }),
);

test(
  "backup restore --force takes the place of a database that does not open, and of the log it left",
  options,
  () =>
    withSession(async (session) => {
      const { run } = session;
      await run("printf one | aivault secrets create A --value-file -");
      await makeBackup(session);
      await run(`printf 'not a database, and a log of another one' > ${VAULT}/vault.db`);
      await run(`head -c 40000 /dev/urandom > ${VAULT}/vault.db-wal`);
      const { exitCode, stdout, stderr } = await run("aivault backup restore vault.bak --force");
      assert.equal(exitCode, 0, stderr);
      const aside = /kept in (.*)\n$/.exec(stdout)?.[1] ?? "";
      assert.match(await readFile(aside, "utf8"), /^not a database/);
      assert.equal((await readFile(`${aside}-wal`)).length, 40_000);
      assert.equal(await valueOf(session, "A"), "one");
    }),
);

test(
  "backup restore refuses what is no backup, and a backup that is not there",
  options,
  () =>
    withSession(async ({ check }) => {
      await check(`
      $ echo text > no.bak; aivault backup restore no.bak
      ! aivault: read no.bak: it is no backup of aivault, or it was truncated
      [7]

      $ aivault backup restore gone.bak
      ! aivault: read gone.bak: there is no such file
      [4]
    `);
    }),
);
