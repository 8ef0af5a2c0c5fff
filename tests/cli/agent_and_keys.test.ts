/** Backups, recovery keys and `doctor` of a vault whose key the agent holds. */
import assert from "node:assert/strict";
import test from "node:test";
import { unlock, withLockedVault } from "../helpers/agents.ts";

const options = { timeout: 120_000 };

test(
  "backup and doctor take the key from the agent; recovery create asks for the passphrase again",
  options,
  () =>
    withLockedVault(async (session) => {
      const { check, run } = session;
      await unlock(session);
      await run("printf v | aivault secrets create A --value-file -");
      await check(`
      $ aivault backup create vault.bak | tail -1
      key id   <hex>
      ! hint: it opens with the key of now; keep that, or a recovery key, apart from it

      $ aivault backup verify vault.bak | tail -1
      verified: every secret opens

      $ aivault recovery create --print
      ! aivault: unlock the vault: a passphrase is needed, and there is no terminal to ask on
      ! hint: give it with --passphrase-file <path|-> or in AIVAULT_PASSPHRASE
      ! hint: or unlock the vault for every process with: aivault unlock
      [3]

      $ printf 'correct horse' | aivault recovery create --print --passphrase-file - > paper
      ! hint: it opens the vault whatever becomes of its key: keep it on paper, or apart

      $ aivault doctor | grep -E '^(ok +(agent|key|recovery)|healthy)'
      ok       agent      running, and holds the key
      ok       key        the vault's own, from the passphrase
      ok       recovery   a recovery key, and it opens the key of now
      healthy
    `);
      // A rotation through the agent seals the next key for the recovery key too.
      const rotated = await run(
        "printf 'new' | aivault rotate-master --new-passphrase-file - && aivault lock",
      );
      assert.equal(rotated.exitCode, 0, rotated.stderr);
      const recovered = await run(
        "aivault recovery use --recovery-key-file paper --provider file && aivault secrets show A",
      );
      assert.equal(recovered.exitCode, 0, recovered.stderr);
    }),
);
