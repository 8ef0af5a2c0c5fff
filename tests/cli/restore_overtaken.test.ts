/** `aivault backup restore` while another process rotates the master key. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { fileKeyProvider } from "../../providers/keys/file.ts";
import { backupPlace } from "../../providers/stores/backup_place.ts";
import { type CliWorld, runCli } from "../helpers/cli_run.ts";
import { withDirectory } from "../helpers/program.ts";

test("backup restore replaces nothing if the key that opens the backup is rotated away meanwhile", async () => {
  await withDirectory(async (temporary) => {
    const directory = join(temporary, "vault");
    const provider = fileKeyProvider({
      vaultDirectory: directory,
      defaultPath: join(directory, "kek.key"),
    });
    const real = backupPlace({
      database: join(directory, "vault.db"),
      whileInitialising: (_, work) => work(),
    });
    const world: CliWorld = {
      directory,
      isDefault: false,
      platform: "linux",
      providers: [provider],
      backups: () => Promise.resolve(real),
    };
    const overtaken: CliWorld = {
      ...world,
      backups: () =>
        Promise.resolve({
          ...real,
          async install(...args: Parameters<typeof real.install>) {
            await must("rotate-master");
            return await real.install(...args);
          },
        }),
    };
    const must = async (...args: string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await runCli(world, ...args);
      assert.equal(exitCode, 0, stderr);
      return stdout;
    };
    const file = join(temporary, "backup");
    await must("init");
    await must("secrets", "create", "A", "--value", "a");
    await must("backup", "create", file);
    await must("secrets", "create", "B", "--value", "b");
    const restored = await runCli(overtaken, "backup", "restore", file, "--force");
    assert.equal(restored.exitCode, 6, restored.stdout);
    assert.match(restored.stderr, /it needs the key from then, [0-9a-f]{32}\nhint: /);
    assert.match(await must("audit", "verify"), /2 secrets: all is as it was recorded/);
    assert.deepEqual((await readdir(directory)).sort(), ["kek.key", "vault.db"]);
  });
});
