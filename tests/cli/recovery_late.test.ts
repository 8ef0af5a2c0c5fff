/** `aivault recovery …` that fails late: when the recovery key was shown already, or when the vault is open. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { fileKeyProvider } from "../../providers/mod.ts";
import { type CliRun, runCli } from "../helpers/cli_run.ts";
import { listFiles } from "../helpers/files.ts";
import { withDirectory } from "../helpers/program.ts";

const LATE = [
  "nothing was changed; to make that one useless, add --replace",
  "the recovery key that was shown opens nothing: throw it away",
];

/** Runs `recovery create` while another process is quicker, and gives what both printed. */
async function late(flag: string): Promise<{ late: CliRun; quick: CliRun }> {
  return await withDirectory(async (directory) => {
    const defaultPath = join(directory, "vault", "kek.key");
    const vaultDirectory = join(directory, "vault");
    const providers = [fileKeyProvider({ vaultDirectory, defaultPath })];
    const world = { directory: vaultDirectory, isDefault: false, platform: "linux", providers };
    let quick: CliRun | undefined;
    const slow = await runCli(
      {
        ...world,
        async onDelivered() {
          quick = await runCli(world, "recovery", "create", "--print");
        },
      },
      "recovery",
      "create",
      flag,
    );
    assert.ok(quick !== undefined);
    return { late: slow, quick };
  });
}

test("recovery create --json prints one document with the error if the key cannot be stored after it was shown", async () => {
  const { late: { exitCode, stdout, stderr }, quick } = await late("--json");
  assert.equal(quick.exitCode, 0, quick.stderr);
  assert.equal(exitCode, 5);
  const { recoveryKey, ...rest } = JSON.parse(stdout);
  assert.match(recoveryKey, /^([0-9A-Z]{8}-){7}[0-9A-Z]{8}$/);
  assert.notEqual(`${recoveryKey}\n`, quick.stdout);
  assert.deepEqual(rest, {
    error: {
      code: "ALREADY_EXISTS",
      message: "make a recovery key: there is a recovery key already",
      hints: LATE,
      exitCode: 5,
    },
  });
  assert.equal(stdout, `${JSON.stringify(JSON.parse(stdout), null, 2)}\n`);
  for (const hint of LATE) assert.ok(stderr.includes(`hint: ${hint}\n`), stderr);
  assert.doesNotMatch(stderr, /keep it on paper/);
});

test("recovery create --print says that the key opens nothing if it cannot be stored after it was shown", async () => {
  const { late: { exitCode, stdout, stderr } } = await late("--print");
  assert.equal(exitCode, 5);
  assert.match(stdout, /^([0-9A-Z]{8}-){7}[0-9A-Z]{8}\n$/);
  for (const hint of LATE) assert.ok(stderr.includes(`hint: ${hint}\n`), stderr);
});

test("recovery create --json prints one document if the key cannot be made at all, and if all is well", async () => {
  await withDirectory(async (directory) => {
    const world = {
      directory,
      isDefault: false,
      platform: "linux",
      providers: [
        fileKeyProvider({ vaultDirectory: directory, defaultPath: join(directory, "kek.key") }),
      ],
    };
    const made = await runCli(world, "recovery", "create", "--json");
    assert.equal(made.exitCode, 0, made.stderr);
    assert.deepEqual(Object.keys(JSON.parse(made.stdout)), ["recoveryKey"]);
    assert.equal(made.stdout, `${JSON.stringify(JSON.parse(made.stdout), null, 2)}\n`);
    const again = await runCli(world, "recovery", "create", "--json");
    assert.equal(again.exitCode, 5);
    assert.deepEqual(Object.keys(JSON.parse(again.stdout)), ["error"]);
    assert.doesNotMatch(again.stderr, /opens nothing/);
  });
});

test("recovery use lets go of the vault when it is given no recovery key", async () => {
  await withDirectory(async (directory) => {
    const vaultDirectory = join(directory, "vault");
    const defaultPath = join(vaultDirectory, "kek.key");
    const providers = [fileKeyProvider({ vaultDirectory, defaultPath })];
    const world = { directory: vaultDirectory, isDefault: false, platform: "linux", providers };
    const init = await runCli(world, "init", "--provider", "file");
    assert.equal(init.exitCode, 0, init.stderr);
    assert.notEqual((await runCli(world, "recovery", "use")).exitCode, 0);
    // While a process holds the vault, its write-ahead log is there.
    assert.deepEqual(await listFiles(vaultDirectory), ["600 kek.key", "600 vault.db"]);
  });
});
