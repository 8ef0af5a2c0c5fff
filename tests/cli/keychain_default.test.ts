/**
 * Auto-initialisation on macOS, with the platform's name and the stand-in for its `security` command given to the
 * command line: the real Keychain is tested in tests/keys, where there is one.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { fileKeyProvider, macosKeychainProvider } from "../../providers/mod.ts";
import { type CliRun, runCli } from "../helpers/cli_run.ts";
import { listFiles } from "../helpers/files.ts";
import { withDirectory } from "../helpers/program.ts";
import { fakeInProcess, type FakeSecurity } from "../keys/fake_keychain.ts";
import type { FakeBehaviour } from "../keys/fake_security.ts";

interface Mac {
  readonly directory: string;
  readonly keychain: FakeSecurity;
  /** Runs the program. */
  run(...args: string[]): Promise<CliRun>;
}

/** A Mac with an empty Keychain; `isDefault` is false if AIVAULT_DIR is set there. */
function onMac(work: (mac: Mac) => Promise<void>, isDefault = true): Promise<void> {
  return withDirectory(async (directory) => {
    const keychain = fakeInProcess();
    const vault = join(directory, "vault");
    const providers = [
      macosKeychainProvider({ run: keychain.run }),
      fileKeyProvider({ vaultDirectory: vault, defaultPath: join(directory, "keys", "kek.key") }),
    ];
    const world = { directory: vault, isDefault, platform: "darwin", providers };
    await work({ directory, keychain, run: (...args) => runCli(world, ...args) });
  });
}

test("on macOS the key goes into the Keychain, service aivault, account kek, and into no file", () =>
  onMac(async ({ run, keychain, directory }) => {
    const { exitCode, stderr } = await run("secrets", "create", "A", "--value", "v");
    assert.equal(exitCode, 0, stderr);
    const said = `its key is in Keychain entry "kek" of service "aivault"\n`;
    assert.ok(stderr.startsWith(`initialised a vault in ${directory}/vault; ${said}`), stderr);
    const entries = await keychain.entries();
    assert.deepEqual(entries.map(({ service, account }) => [service, account]), [[
      "aivault",
      "kek",
    ]]);
    assert.deepEqual(await listFiles(directory), ["700 vault/", "600 vault/vault.db"]);
    const help = await run("init", "--help");
    assert.match(help.stdout, /\(default: macos-keychain\)/);
  }));

test("on macOS with AIVAULT_DIR the key goes to a file, and the Keychain is not even asked", () =>
  onMac(async ({ run, keychain, directory }) => {
    assert.equal((await run("secrets", "list")).exitCode, 0);
    assert.deepEqual(await keychain.argumentLists(), []);
    assert.ok((await listFiles(directory)).includes("600 keys/kek.key"));
  }, false));

for (const behaviour of ["locked", "denied", "cancelled", "forgets"] satisfies FakeBehaviour[]) {
  test(`a Keychain that is ${behaviour} is said on stderr, and the key goes to a file`, () =>
    onMac(async ({ run, keychain, directory }) => {
      await keychain.behave(behaviour);
      const { exitCode, stdout, stderr } = await run("secrets", "list", "--json");
      assert.equal(exitCode, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), { secrets: [] });
      const [warning, said] = stderr.split("\n");
      assert.match(
        `${warning}`,
        /^warning: the Keychain is unavailable \(.+\); the key goes to a file instead$/,
      );
      assert.ok(`${said}`.endsWith(`its key is in key file ${directory}/keys/kek.key`), said ?? "");
      // From then on it is a vault with a key file, whatever becomes of the Keychain.
      await keychain.behave("normal");
      assert.equal((await run("secrets", "list")).stderr, "");
      assert.deepEqual(await keychain.entries(), []);
    }));
}

test("init --provider macos-keychain never goes to a file instead", () =>
  onMac(async ({ run, keychain, directory }) => {
    await keychain.behave("locked");
    const { exitCode, stderr } = await run("init", "--provider", "macos-keychain");
    assert.equal(exitCode, 8, stderr);
    assert.deepEqual(await listFiles(directory), ["700 vault/"]);
  }));

test("a living Keychain entry is adopted, and one that is no key is refused and left", () =>
  onMac(async ({ run, keychain, directory }) => {
    const entry = { service: "aivault", account: "kek", comment: "mine" };
    await keychain.keep([{ ...entry, password: "hunter2" }]);
    const refused = await run("secrets", "list");
    assert.equal(refused.exitCode, 8, refused.stderr);
    assert.doesNotMatch(refused.stderr, /hunter2/);
    assert.deepEqual(await keychain.entries(), [{ ...entry, password: "hunter2" }]);
    assert.deepEqual(await listFiles(directory), ["700 vault/"]);

    const key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    await keychain.keep([{ ...entry, password: key }]);
    const adopted = await run("secrets", "list");
    assert.equal(adopted.exitCode, 0, adopted.stderr);
    assert.match(adopted.stderr, /adopted the key in Keychain entry "kek" of service "aivault"\n$/);
    assert.deepEqual(await keychain.entries(), [{ ...entry, password: key }]);
  }));

test("a lost Keychain entry is made anew and audited while there are no secrets", () =>
  onMac(async ({ run, keychain }) => {
    await run("status");
    const [before] = await keychain.entries();
    await keychain.keep([]);
    const { exitCode, stderr } = await run("secrets", "list");
    assert.equal(exitCode, 0, stderr);
    const [after] = await keychain.entries();
    assert.equal((await keychain.entries()).length, 1);
    assert.notEqual(after?.password, before?.password);
    const { events } = JSON.parse((await run("audit", "--json")).stdout);
    assert.equal(events[0].kind, "vault.repair-key");
    assert.equal((await run("secrets", "create", "A", "--value", "v")).exitCode, 0);
  }));

test("a lost Keychain entry is never made anew once there are secrets", () =>
  onMac(async ({ run, keychain }) => {
    await run("secrets", "create", "A", "--value", "v");
    const kept = structuredClone(await keychain.entries());
    await keychain.keep([]);
    for (const command of ["secrets list", "status", "audit", "rotate-master", "lock", "unlock"]) {
      const { exitCode, stderr } = await run(...command.split(" "));
      assert.equal(exitCode, 8, `${command}: ${stderr}`);
      assert.match(
        stderr,
        /^hint: the vault has secrets under the lost key, so no new key was made$/m,
      );
    }
    assert.deepEqual(await keychain.entries(), []);
    await keychain.keep(kept);
    assert.equal((await run("secrets", "list")).exitCode, 0);
  }));
