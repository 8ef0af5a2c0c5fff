/** `aivault doctor`: what is wrong is found, named and, where that is safe, mended. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { snapshot } from "../helpers/files.ts";
import { makeRecoveryKey, putRecovery, storedRecovery } from "../helpers/recovery.ts";
import { withSession } from "../helpers/session.ts";
import { withDirectory } from "../helpers/program.ts";
import { initVault, KEK, OTHER_KEK, sqliteStore, utf8 } from "../helpers/vaults.ts";
import { causesIn, examine, makeVault } from "./doctor_document.ts";
import { NO_TERMINAL, onTerminal } from "../helpers/terminal.ts";
import type { Scene, UnlockedScene } from "../../lib/cli/doctor/check.ts";
import {
  auditCheck,
  keyCheck,
  recoveryCheck,
  secretsCheck,
} from "../../lib/cli/doctor/content_checks.ts";
import { spaceCheck } from "../../lib/cli/doctor/place_checks.ts";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import { callerKey, type KeySource } from "../../lib/vault/keys/key_source.ts";
import { readRow } from "../../lib/vault/read_row.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { envKeyProvider } from "../../providers/keys/env.ts";

if (NO_TERMINAL !== undefined) console.warn(`skipped: ${NO_TERMINAL}`);

const options = { timeout: 120_000 };
test(
  "doctor says that a vault is healthy whose directory is reached through a symbolic link",
  options,
  () =>
    withSession(async ({ run, json }) => {
      await run("mkdir -m 700 real && ln -s real link");
      await json("AIVAULT_DIR=<dir>/link aivault recovery create --json");
      for (const path of ["link", "link/", "real"]) {
        const { exitCode, stdout } = await run(`AIVAULT_DIR=<dir>/${path} aivault doctor`);
        assert.match(stdout, /^ok {7}files .*^healthy$/ms, path);
        assert.equal(exitCode, 0);
      }
      // What is behind the link is still looked at.
      await run("chmod 755 real");
      const { exitCode, stdout } = await run("AIVAULT_DIR=<dir>/link aivault doctor");
      assert.match(stdout, /^ +- other users may reach .*\/link$/m);
      assert.equal(exitCode, 74);
    }),
);

test(
  "doctor says that a healthy vault is, and changes nothing",
  options,
  () =>
    withSession(async (session) => {
      await makeVault(session);
      const before = await snapshot(session.directory);
      const { stdout, exitCode } = await session.run("aivault doctor");
      assert.equal(exitCode, 0);
      const lines = stdout.trim().split("\n");
      assert.equal(lines.pop(), "healthy");
      for (const line of lines) assert.match(line, /^ok {7}[a-z]+ +\S/);
      assert.deepEqual(lines.map((line) => line.split(/ +/)[1]), [
        "version",
        "disk",
        "database",
        "files",
        "leftovers",
        "rotation",
        "clock",
        "agent",
        "key",
        "secrets",
        "audit",
        "recovery",
      ]);
      const { document } = await examine(session);
      assert.equal(document.healthy, true);
      assert.deepEqual(await snapshot(session.directory), before);
    }),
);

test(
  "doctor warns of a newest event that is still to come, and of a vault without a recovery key",
  options,
  () =>
    withSession(async (session) => {
      const directory = join(session.directory, "vault");
      const kek = new Uint8Array(32).fill(7);
      const key = { settings: { type: "env", variable: "AIVAULT_KEY" }, kek, adopted: true };
      const providers = new Map([["env", envKeyProvider(() => undefined)]]);
      const now = () => Date.now() + 86_400_000;
      const store = await sqliteStore(directory);
      const vault = await Vault.init({ store, key, providers, now });
      await vault.create({ name: "A", value: utf8("a") });
      await vault.close();
      const env = `AIVAULT_DIR=${directory} AIVAULT_KEY=${btoa(String.fromCharCode(...kek))}`;
      const { document, exitCode } = await examine(session, "", env);
      assert.equal(exitCode, 0);
      const [clock, recovery, ...more] = causesIn(document, session);
      assert.match(clock ?? "", /^clock: the newest event is of .*, which is still to come$/);
      assert.match(recovery ?? "", /^recovery: if the vault's key is lost, nothing opens it/);
      assert.deepEqual(more, []);
    }),
);

test(
  "doctor finds a recovery key that was revoked and put back",
  options,
  () =>
    withSession(async (session) => {
      const directory = join(session.directory, "vault");
      const kek = new Uint8Array(32).fill(7);
      const settings = { type: "env", variable: "AIVAULT_KEY" };
      const store = await sqliteStore(directory);
      const providers = new Map([["env", envKeyProvider(() => undefined)]]);
      const vault = await Vault.init({ store, key: { settings, kek }, providers });
      await makeRecoveryKey(vault, { kek });
      const recovery = await storedRecovery(store);
      await vault.revokeRecoveryKey();
      await putRecovery(store, recovery, kek);
      await vault.close();
      const env = `AIVAULT_DIR=${directory} AIVAULT_KEY=${btoa(String.fromCharCode(...kek))}`;
      const { document, exitCode } = await examine(session, "", env);
      assert.equal(exitCode, 7);
      assert.deepEqual(causesIn(document, session), [
        "audit: recovery key: it is not what the events say: it was put back or removed",
        "recovery: a recovery key that was revoked or replaced is back",
      ]);
    }),
);

test(
  "doctor needs a passphrase for what it opens, and says so without a terminal",
  options,
  () =>
    withSession(async (session) => {
      const cheap = "--argon2-memory 8 --argon2-iterations 1";
      await session.run(`AIVAULT_PASSPHRASE=x aivault init --provider passphrase ${cheap}`);
      const { document, exitCode } = await examine(session);
      assert.equal(exitCode, 3);
      assert.deepEqual(causesIn(document, session), [
        "key: a passphrase is needed, and there is no terminal to ask on",
      ]);
      assert.equal((await examine(session, "", "AIVAULT_PASSPHRASE=x")).exitCode, 0);
      assert.equal((await examine(session, "", "AIVAULT_PASSPHRASE=y")).exitCode, 6);
    }),
);

test(
  "doctor says how far it is on a terminal, and nowhere else",
  { ...options, skip: NO_TERMINAL ?? false },
  () =>
    withSession(async (session) => {
      await makeVault(session);
      const { screen } = await onTerminal("aivault doctor > printed", {
        env: session.env,
        cwd: session.directory,
      }, []);
      assert.match(screen, /checking secrets: 2 of 2/);
      const { stdout } = await session.run("cat printed; aivault doctor 2>&1");
      assert.doesNotMatch(stdout, /checking/);
      assert.equal(stdout.match(/^healthy$/gm)?.length, 2);
    }),
);

test("the check of the disk finds that there is too little room", async () => {
  const outcomeOf = (space: { free: number; database: number } | undefined) =>
    spaceCheck.run({ health: { space: () => Promise.resolve(space) } } as Scene);
  const MIB = 1024 * 1024;
  assert.deepEqual((await outcomeOf(undefined)).findings, []);
  assert.deepEqual((await outcomeOf({ free: 26 * MIB, database: 5 * MIB })).findings, []);
  const [finding] = (await outcomeOf({ free: 26 * MIB - 1, database: 5 * MIB })).findings;
  assert.equal(finding?.severity, "error");
  assert.equal(finding.code, "DISK");
});

test(
  "doctor makes no vault where there is none",
  options,
  () =>
    withSession(async ({ check, home }) => {
      await check(`
      $ aivault doctor
      ! aivault: examine the vault: there is no vault here
      ! hint: make one with: aivault init, or restore a backup: aivault backup restore <file>
      [4]
    `);
      assert.deepEqual(await snapshot(home), {});
    }),
);

test("the checks of doctor raise no false alarm when others write between them, or rotate the master key", async () => {
  await withDirectory(async (directory) => {
    const store = await sqliteStore(directory);
    const vault = await initVault({ store });
    await vault.create({ name: "A", value: utf8("a") });
    await vault.createRecoveryKey(() => {}, { kek: KEK });
    const row = await readRow(store);
    let kek = KEK;
    const keys: KeySource = {
      current: (row) => callerKey(kek).current(row),
      adopt: () => Promise.resolve(),
      close: () => {},
    };
    const progress = () => {};
    const caller = { describe: () => "the caller" } as Partial<KeyProvider>;
    const providers = new Map([[row.provider.type, caller]]);
    const scene = { store, row, keys, progress, providers } as unknown as UnlockedScene;
    const checks = [keyCheck, secretsCheck, auditCheck, recoveryCheck];
    const examine = async () => {
      for (const { name, run } of checks) assert.deepEqual((await run(scene)).findings, [], name);
    };
    await examine();
    await vault.use("A", {}, () => {});
    await vault.createRecoveryKey(() => {}, { kek: KEK, replace: true });
    await examine();
    await vault.rotateMaster({ settings: { type: "caller" }, kek: OTHER_KEK });
    kek = OTHER_KEK;
    await examine();
    await vault.close();
  });
});
