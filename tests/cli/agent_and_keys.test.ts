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
      ! hint: it opens with the present key; keep that, or a recovery key, apart from it

      $ aivault backup verify vault.bak | tail -1
      verified: every secret opens

      $ aivault recovery create --print
      ! aivault: unlock the vault: a passphrase is needed, and there is no terminal to ask on
      ! hint: give it with --passphrase-file <path|-> or in AIVAULT_PASSPHRASE
      [3]

      $ printf 'correct horse' | aivault recovery create --print --passphrase-file - > paper
      ! hint: it opens the vault whatever becomes of its key: keep it on paper, or apart

      $ aivault doctor | grep -E '^(ok +(agent|key|recovery)|healthy)'
      ok       agent      running, and holds the key
      ok       key        the vault's own, from the passphrase
      ok       recovery   a recovery key, and it opens the present key
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

test(
  "recovery use takes the earlier key away from the agent",
  options,
  () =>
    withLockedVault(async (session) => {
      const { check, run } = session;
      await unlock(session);
      await run(
        "printf 'correct horse' | aivault recovery create --print --passphrase-file - > paper",
      );
      await check(`
      $ aivault recovery use --recovery-key-file paper --provider file | tail -2
      key        key file <dir>/vault/kek.key
      secrets    0
      ! hint: the recovery key stays as it is; if others may have seen it, replace it

      $ aivault agent status
      no agent runs
    `);
    }),
);

test(
  "lock takes a key from the agent also when the vault has no lock any more",
  options,
  () =>
    withLockedVault(async (session) => {
      const { check } = session;
      await unlock(session);
      // What a recovery leaves that was killed before it told the agent.
      const { exitCode, stderr } = await session.run(
        "mv vault/vault.db aside && head -c 32 /dev/urandom | base64 > vault/kek.key && " +
          "chmod 600 vault/kek.key && aivault init --provider file",
      );
      assert.equal(exitCode, 0, stderr);
      await check(`
      $ aivault agent status | head -1
      state    unlocked

      $ aivault lock
      not locked
      ! hint: this vault is unlocked whenever its key provider is; there is nothing to lock or unlock

      $ aivault agent status
      no agent runs
    `);
    }),
);

test(
  "after an older backup is restored, the agent holds no newer key and status says locked",
  options,
  () =>
    withLockedVault(async (session) => {
      const { check, run } = session;
      await unlock(session);
      const rotated = await run(
        "aivault backup create vault.bak && printf new | aivault rotate-master --new-passphrase-file -",
      );
      assert.equal(rotated.exitCode, 0, rotated.stderr);
      await check(`
      $ aivault backup verify vault.bak
      ! aivault: unlock the vault: a passphrase is needed, and there is no terminal to ask on
      ! hint: give it with --passphrase-file <path|-> or in AIVAULT_PASSPHRASE
      ! hint: or give the recovery key from then with --recovery-key-file <path|->
      [3]

      $ printf 'correct horse' | aivault backup restore vault.bak --force --passphrase-file - | head -1
      restored  <dir>/vault

      $ aivault agent status
      no agent runs

      $ aivault status | grep state
      state     locked (each command asks for the passphrase)
    `);
    }),
);

test(
  "status says locked while the agent holds a key that is not the vault's",
  options,
  () =>
    withLockedVault(async (session) => {
      const { check, run } = session;
      await unlock(session);
      const swapped = await run(
        "cp vault/vault.db older && printf new | aivault rotate-master --new-passphrase-file - && " +
          "cp older vault/vault.db",
      );
      assert.equal(swapped.exitCode, 0, swapped.stderr);
      await check(`
      $ aivault status | grep state
      state     locked (each command asks for the passphrase)

      $ aivault secrets list
      ! aivault: unlock the vault: a passphrase is needed, and there is no terminal to ask on
      ! hint: give it with --passphrase-file <path|-> or in AIVAULT_PASSPHRASE
      ! hint: or unlock the vault for every process with: aivault unlock
      [3]

      $ aivault doctor --passphrase-file /dev/null | grep -A2 ' agent ' | head -3
      warning  agent      running
                          - the agent holds a key that is not the vault's
                            mend: aivault lock
      ! aivault: examine the vault: 1 thing is wrong
    `);
    }),
);
