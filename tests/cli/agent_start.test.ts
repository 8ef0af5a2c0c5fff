/** The agent that `unlock` starts: for which vault, and what it is allowed. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { agentPid, CHEAP, unlock, withAgents, withLockedVault } from "../helpers/agents.ts";
import { assertRefused, ATTEMPTS } from "../helpers/deno_attempts.ts";
import { listFiles } from "../helpers/files.ts";
import { programRuntime } from "../helpers/program.ts";
import type { Session } from "../helpers/session.ts";

const options = { timeout: 120_000 };
const isDeno = "Deno" in globalThis && programRuntime().startsWith("deno");
const onDeno = {
  ...options,
  skip: !isDeno
    ? "only Deno has permissions"
    : process.platform !== "linux"
    ? "it is read from /proc what a process was started with"
    : false,
};

/** Makes a vault with a passphrase and unlocks it; `shell` is run before each command. */
async function makeAndUnlock({ run }: Session, shell: string): Promise<void> {
  const lines = [
    `aivault init --provider passphrase --passphrase-file - ${CHEAP}`,
    "aivault unlock --passphrase-file -",
  ];
  for (const line of lines) {
    const { exitCode, stderr } = await run(`${shell} ${line}`, "correct horse");
    assert.equal(exitCode, 0, stderr);
  }
}

/** The words that the agent of `session` was started with. */
async function wordsOf(session: Session): Promise<string[]> {
  const pid = await agentPid(session);
  return (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
}

test(
  "unlock with a relative AIVAULT_DIR starts the agent of that very vault",
  options,
  () =>
    withAgents(async (session) => {
      await session.run("mkdir at");
      await makeAndUnlock(session, "cd at; AIVAULT_DIR=vault");
      await session.check(`
      $ AIVAULT_DIR=<dir>/at/vault aivault secrets list
      no secrets

      $ cd at/vault; AIVAULT_DIR=. aivault secrets list
      no secrets
    `);
      assert.ok((await listFiles(session.directory)).includes("700 at/vault/run/"));
    }),
);

for (
  const [what, name] of [["a comma", "a,b"], ["white space and quotes", `it's "one"`]] as const
) {
  test(
    `unlock starts the agent of a vault with ${what} in its path`,
    options,
    () =>
      withAgents(async (session) => {
        await makeAndUnlock(session, "");
        assert.equal((await session.run("aivault secrets list")).stdout, "no secrets\n");
        const { stdout } = await session.run("aivault lock");
        assert.equal(stdout, "locked\n");
      }, { AIVAULT_DIR: `<dir>/${name}/vault` }),
  );
}

test(
  "unlock starts the agent of a vault that is reached through a symbolic link",
  options,
  () =>
    withAgents(async (session) => {
      await session.run("mkdir real; ln -s real link");
      await makeAndUnlock(session, "");
      assert.equal((await session.run("aivault secrets list")).stdout, "no secrets\n");
    }, { AIVAULT_DIR: "<dir>/link/vault" }),
);

test(
  "under Deno the agent has leave for its socket and its vault's directory, and for no more",
  onDeno,
  () =>
    withLockedVault(async (session) => {
      await unlock(session);
      const words = await wordsOf(session);
      const vault = join(session.directory, "vault");
      const leave = words.filter((word) => /^--(allow|no-prompt|deny)|^-A/.test(word));
      assert.deepEqual(leave.sort(), [
        "--allow-env",
        `--allow-net=unix:${vault}/run/agent.sock`,
        `--allow-read=${vault},${vault}/run`,
        "--allow-sys=uid,getPriority",
        `--allow-write=${vault}/run`,
        "--deny-import",
        "--no-prompt",
      ]);
      const flags = words.filter((word) => word.startsWith("--") && word !== "--started");
      const more = {
        ...ATTEMPTS,
        "a file of the user's": `await Deno.readTextFile(${JSON.stringify(session.home)});`,
        "the vault's database, to write": `await Deno.writeTextFile(${
          JSON.stringify(`${vault}/vault.db`)
        }, "");`,
        "another socket": `Deno.listen({ transport: "unix", path: ${
          JSON.stringify(`${vault}/run/other.sock`)
        } });`,
      };
      for (const code of Object.values(more)) await assertRefused(flags, code);
    }),
);
