/** `aivault doctor` while another process rotates the master key. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import { fileKeyProvider } from "../../providers/mod.ts";
import { runCli } from "../helpers/cli_run.ts";
import { withDirectory } from "../helpers/program.ts";

test("doctor finds nothing wrong with a key that is rotated while it looks", async () => {
  await withDirectory(async (directory) => {
    const vaultDirectory = join(directory, "vault");
    const defaultPath = join(vaultDirectory, "kek.key");
    const provider = fileKeyProvider({ vaultDirectory, defaultPath });
    const world = (provider: KeyProvider) => ({
      directory: vaultDirectory,
      isDefault: false,
      platform: "linux",
      providers: [provider],
    });
    const init = await runCli(world(provider), "init", "--provider", "file");
    assert.equal(init.exitCode, 0, init.stderr);
    let rotations = 0;
    const slow: KeyProvider = {
      ...provider,
      async load(settings) {
        // After the vault's row was read, and before its key.
        if (rotations++ === 0) {
          const rotated = await runCli(world(provider), "rotate-master");
          assert.equal(rotated.exitCode, 0, rotated.stderr);
        }
        return await provider.load(settings);
      },
    };
    const { exitCode, stdout } = await runCli(world(slow), "doctor");
    assert.ok(rotations > 0);
    assert.match(stdout, /^ok +key +the vault's own/m);
    assert.equal(exitCode, 0, stdout);
  });
});
