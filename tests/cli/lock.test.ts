/** `aivault unlock`, `lock`, `status` and `agent`: unlock once, use in every process. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { VaultError } from "../../lib/errors.ts";
import { Vault } from "../../lib/vault/vault.ts";
import { vaultAgent } from "../../providers/host/vault_agent.ts";
import { passphraseKeyProvider } from "../../providers/keys/passphrase.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";
import {
  agentsBelow,
  agentStatus,
  type ShownAgent,
  unlock,
  withAgents,
  withLockedVault,
} from "../helpers/agents.ts";
import { until } from "../helpers/until.ts";

const options = { timeout: 120_000 };

test(
  "unlock lets commands in other processes work, and lock makes them exit 3",
  options,
  () =>
    withLockedVault(async (session) => {
      await session.check(`
      $ printf v | aivault secrets create A --value-file -
      ! aivault: unlock the vault: a passphrase is needed, and there is no terminal to ask on
      ! hint: give it with --passphrase-file <path|-> or in AIVAULT_PASSPHRASE
      ! hint: or unlock the vault for every process with: aivault unlock
      [3]

      $ aivault status
      vault     <dir>/vault
      provider  passphrase (the passphrase)
      state     locked (each command asks for the passphrase)
      secrets   0
      events    1
      key id    <hex>
      recovery  no recovery key
      created   <time>

      $ printf "correct horse" | aivault unlock --passphrase-file -
      state  unlocked
      since  <time>
      locks  when you lock it or the machine restarts

      $ printf v | aivault secrets create A --value-file -
      created A in scope global (<id>)

      $ aivault status
      vault     <dir>/vault
      provider  passphrase (the passphrase)
      state     unlocked
      since     <time>
      locks     when you lock it or the machine restarts
      secrets   1
      events    3
      key id    <hex>
      recovery  no recovery key
      created   <time>

      $ aivault lock
      locked

      $ aivault secrets show A 2> /dev/null
      [3]

      $ aivault agent status
      no agent runs
    `);
      assert.deepEqual(await readdir(join(session.directory, "vault", "run")), []);
    }),
);

test(
  "unlock and lock are on record, and a wrong passphrase exits 6, is on record and leaves no agent",
  options,
  () =>
    withLockedVault(async (session) => {
      const wrong = await session.run("aivault unlock --passphrase-file -", "battery");
      assert.equal(wrong.exitCode, 6, wrong.stderr);
      assert.equal((await agentStatus(session)).state, "stopped");
      await unlock(session);
      const again = await session.run("aivault unlock --passphrase-file -", "battery");
      assert.equal(again.exitCode, 6);
      assert.equal((await agentStatus(session)).state, "unlocked", "what was unlocked stays so");
      await session.run("aivault lock");
      const { events } = await session.json("aivault audit --json") as {
        events: { kind: string }[];
      };
      assert.deepEqual(events.map(({ kind }) => kind), [
        "vault.lock",
        "vault.unlock.failed",
        "vault.unlock",
        "vault.unlock.failed",
        "vault.init",
      ]);
    }),
);

test(
  "a passphrase flag bypasses the agent: a wrong one exits 6 while the vault is unlocked",
  options,
  () =>
    withLockedVault(async (session) => {
      await unlock(session);
      const command = "aivault secrets import --entry A=1 --passphrase-file -";
      assert.equal((await session.run(command, "battery")).exitCode, 6);
      assert.equal((await session.run(command, "correct horse")).exitCode, 0);
    }),
);

test(
  "rotate-master through the agent ends with the agent holding the new key",
  options,
  () =>
    withLockedVault(async (session) => {
      await unlock(session, "--max-age 8h");
      const before = await agentStatus(session);
      await session.run("aivault secrets import --entry A=1 --entry B=2");
      const rotated = await session.run(
        "aivault rotate-master --new-passphrase-file -",
        "new horse",
      );
      assert.equal(rotated.exitCode, 0, rotated.stderr);
      assert.deepEqual(await agentStatus(session), before, "the same agent, with the same limits");
      assert.equal((await session.run("aivault secrets show A")).exitCode, 0);
      assert.equal(
        (await session.run("aivault unlock --passphrase-file -", "correct horse")).exitCode,
        6,
      );
      assert.equal((await session.run("aivault secrets show B")).exitCode, 0);
      await session.run("aivault lock");
      assert.equal(
        (await session.run("aivault unlock --passphrase-file -", "new horse")).exitCode,
        0,
      );
      assert.equal((await session.run("aivault secrets show B")).exitCode, 0);
    }),
);

test(
  "a rotation that goes past the agent makes it drop its key and end",
  options,
  () =>
    withLockedVault(async (session) => {
      await unlock(session);
      await session.run("aivault secrets import --entry A=1");
      const command =
        "printf 'new horse' > next && aivault rotate-master --passphrase-file - --new-passphrase-file next";
      const { exitCode, stderr } = await session.run(command, "correct horse");
      assert.equal(exitCode, 0, stderr);
      assert.equal((await agentStatus(session)).state, "stopped");
      assert.equal((await session.run("aivault secrets show A")).exitCode, 3);
    }),
);

test(
  "two vaults have two agents, and locking one leaves the other unlocked",
  options,
  () =>
    withLockedVault(async (session) => {
      await unlock(session);
      const other = "AIVAULT_DIR=<dir>/other aivault";
      await session.run(
        `${other} init --provider passphrase --passphrase-file - --argon2-memory 8 --argon2-iterations 1`,
        "other horse",
      );
      assert.equal((await session.run(`${other} secrets import --entry A=1`)).exitCode, 3);
      const unlocked = await session.run(`${other} unlock --passphrase-file -`, "other horse");
      assert.equal(unlocked.exitCode, 0, unlocked.stderr);
      const { pid } = await session.json(`${other} agent status --json`) as ShownAgent;
      assert.notEqual(pid, (await agentStatus(session)).pid);
      await session.run("aivault lock");
      assert.equal((await session.run("aivault secrets import --entry A=1")).exitCode, 3);
      assert.equal((await session.run(`${other} secrets import --entry A=1`)).exitCode, 0);
    }),
);

test("ten unlocks at once end with one agent", options, () =>
  withLockedVault(async (session) => {
    const ends = await Promise.allSettled(Array.from({ length: 10 }, () => unlock(session)));
    assert.deepEqual(ends.filter((end) => end.status === "rejected"), []);
    const { pid, state } = await agentStatus(session);
    assert.equal(state, "unlocked");
    // One that came second says so, and is still there for a moment.
    const agents = () => agentsBelow(session.directory);
    await until("the others end", async () => (await agents()).length <= 1);
    assert.deepEqual(await agents(), [pid]);
  }));

test(
  "unlock and lock say plainly that a vault with a key file has no lock, and exit 0",
  options,
  () =>
    withAgents((session) =>
      session.check(`
      $ aivault init --provider file 2> /dev/null > /dev/null

      $ aivault unlock
      the key is at hand
      ! hint: this vault is unlocked whenever its key provider is; there is nothing to lock or unlock

      $ aivault lock
      not locked
      ! hint: this vault is unlocked whenever its key provider is; there is nothing to lock or unlock
    `)
    ),
);

test(
  "status and agent status tell when the vault will lock by itself, and do not put it off",
  options,
  () =>
    withLockedVault(async (session) => {
      await unlock(session, "--idle-timeout 15m --max-age 8h");
      const first = await agentStatus(session);
      assert.equal(first.idleTimeoutMs, 15 * 60_000);
      assert.equal(first.maxAgeMs, 8 * 3_600_000);
      const second = await session.json("aivault status --json") as ShownAgent;
      for (const field of ["unlockedAtMs", "idleTimeoutMs", "maxAgeMs"] as const) {
        assert.equal(second[field], first[field]);
      }
      // The two clocks that it is reckoned with are read one after the other.
      const drift = Math.abs((second.locksAtMs ?? 0) - (first.locksAtMs ?? 0));
      assert.ok(drift <= 2, `status put it off by ${drift} ms`);
      const bad = await session.run("aivault unlock --idle-timeout 15 --passphrase-file -", "x");
      assert.equal(bad.exitCode, 2);
    }),
);

test(
  "unlock in a pipeline lets the pipeline end",
  options,
  () =>
    withLockedVault(async (session) => {
      const line = "aivault unlock --passphrase-file - 2>&1 3>&1 | cat";
      const { exitCode, stdout } = await session.run(line, "correct horse");
      assert.equal(exitCode, 0);
      assert.match(stdout, /^state {2}unlocked$/m);
      assert.equal((await agentStatus(session)).state, "unlocked");
    }),
);

test(
  "vaultAgent() opens an unlocked vault for a program of its own, until it is locked",
  options,
  () =>
    withLockedVault(async (session) => {
      const directory = join(session.directory, "vault");
      const provider = passphraseKeyProvider(() =>
        Promise.reject(new VaultError("LOCKED", "unlock the vault", "nobody is asked"))
      );
      const open = async (): Promise<Vault> => {
        const store = await SqliteStore.open({ path: join(directory, "vault.db"), create: false });
        const providers = new Map([[provider.type, provider]]);
        try {
          return await Vault.open({ store, providers, keeper: vaultAgent(directory) });
        } catch (error) {
          await store.close();
          throw error;
        }
      };
      await assert.rejects(open(), { code: "LOCKED", problem: "nobody is asked" });
      await unlock(session);
      const vault = await open();
      const encode = (text: string) => new TextEncoder().encode(text);
      await vault.create({ name: "A", value: encode("v") });
      assert.deepEqual(await vault.use("A", {}, (value) => value.slice()), encode("v"));
      await session.run("aivault lock");
      await assert.rejects(vault.use("A", {}, () => {}), { code: "LOCKED" });
      await unlock(session);
      assert.deepEqual(await vault.use("A", {}, (value) => value.slice()), encode("v"));
      await vault.close();
    }),
);
