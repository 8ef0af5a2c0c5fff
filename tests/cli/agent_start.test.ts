/** The agent that `unlock` starts: for which vault, and what it is allowed. */
import assert from "node:assert/strict";
import { readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import {
  agentPid,
  agentStatus,
  CHEAP,
  endProcess,
  unlock,
  withAgents,
  withLockedVault,
} from "../helpers/agents.ts";
import { until } from "../helpers/until.ts";
import { assertRefused, ATTEMPTS } from "../helpers/deno_attempts.ts";
import { listFiles } from "../helpers/files.ts";
import { ended, programCommand, programRuntime, startCommand } from "../helpers/program.ts";
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
  "unlock hands its agent none of its caller's open files, such as the lock of flock",
  {
    ...options,
    skip: process.platform === "linux" ? false : "it is read from /proc what a process has open",
  },
  () =>
    withLockedVault(async (session) => {
      // Not every sh has descriptors above 9.
      const open = "exec 3>held 9>held 10>held 15>held 200>held";
      const line = `bash -c '${open}; aivault unlock --passphrase-file -'`;
      const { exitCode, stderr } = await session.run(line, "correct horse");
      assert.equal(exitCode, 0, stderr);
      const descriptors = `/proc/${await agentPid(session)}/fd`;
      const kept = await Promise.all(
        (await readdir(descriptors)).map((name) =>
          readlink(join(descriptors, name)).catch(() => "")
        ),
      );
      assert.ok(kept.some((path) => path.startsWith("socket:")), kept.join());
      assert.deepEqual(kept.filter((path) => path.endsWith("/held")), []);
    }),
);

test(
  "under Deno the agent has leave for its socket and its vault's directory, and for no more",
  onDeno,
  () =>
    withLockedVault(async (session) => {
      await unlock(session);
      const words = await wordsOf(session);
      const vault = join(session.directory, "vault");
      assert.deepEqual(leaveIn(words), [
        "--allow-env",
        `--allow-net=unix:${vault}/run/agent.sock`,
        `--allow-read=${vault},${vault}/run`,
        "--allow-sys=uid,getPriority",
        `--allow-write=${vault}/run`,
        "--deny-import",
        "--no-prompt",
      ]);
      await assertLeave(session, words, vault);
    }),
);

test(
  "under Deno the agent of a vault with a comma in its path has leave for no more either",
  onDeno,
  () =>
    withAgents(
      async (session) => {
        await makeAndUnlock(session, "");
        const words = await wordsOf(session);
        const vault = join(session.directory, "a,b", "vault");
        const place = join(session.directory, "runtime", "aivault");
        const [socket = ""] = await readdir(place);
        assert.match(socket, /^[0-9a-f]{32}\.sock$/);
        // The list is read in the directory that the agent was started in.
        assert.equal(await readlink(`/proc/${await agentPid(session)}/cwd`), vault);
        assert.deepEqual(leaveIn(words), [
          "--allow-env",
          `--allow-net=unix:${place}/${socket}`,
          `--allow-read=.,${place}`,
          "--allow-sys=uid,getPriority",
          `--allow-write=run,${place}`,
          "--deny-import",
          "--no-prompt",
        ]);
        await assertLeave(session, words, vault, vault);
      },
      { AIVAULT_DIR: "<dir>/a,b/vault", XDG_RUNTIME_DIR: "<dir>/runtime" },
    ),
);

/** The words that say what Deno allows, sorted. */
function leaveIn(words: readonly string[]): string[] {
  return words.filter((word) => /^--(allow|no-prompt|deny)|^-A/.test(word)).sort();
}

/** Nothing can be reached by an agent that was started with `words` but what it needs. */
async function assertLeave(
  { home }: Session,
  words: readonly string[],
  vault: string,
  cwd?: string,
): Promise<void> {
  const flags = words.filter((word) => word.startsWith("--") && word !== "--started");
  const path = (name: string): string => JSON.stringify(join(vault, name));
  const more = {
    ...ATTEMPTS,
    "a file of the user's": `await Deno.readTextFile(${JSON.stringify(home)});`,
    "the vault's database, to write": `await Deno.writeTextFile(${path("vault.db")}, "");`,
    "another socket": `Deno.listen({ transport: "unix", path: ${path("run/other.sock")} });`,
  };
  for (const code of Object.values(more)) await assertRefused(flags, code, cwd);
}

/** A vault with a passphrase, and the program with the permissions that README names, its agent's socket, and `more`. */
function withFewPermissions(
  more: readonly string[],
  work: (session: Session) => Promise<void>,
): Promise<void> {
  return withAgents(async (session) => {
    const socket = `--allow-net=unix:${session.directory}/vault/run/agent.sock`;
    const [deno = "", run = "", ...rest] = programCommand();
    const words = [deno, run, socket, ...more, ...rest].map((word) => `'${word}'`).join(" ");
    const program = join(session.directory, "bin", "aivault");
    await writeFile(program, `#!/bin/sh\nexec ${words} "$@"\n`);
    const init = `aivault init --provider passphrase --passphrase-file - ${CHEAP}`;
    const { exitCode, stderr } = await session.run(init, "correct horse");
    assert.equal(exitCode, 0, stderr);
    await work(session);
  }, { AIVAULT_DIR: "<dir>/vault" });
}

const USE_AND_STOP = `
        $ printf v | aivault secrets create A --value-file -
        created A in scope global (<id>)

        $ aivault lock
        locked

        $ aivault secrets show A 2> /dev/null
        [3]
`;

test(
  "with README's permissions and leave for the agent's socket, commands use an agent that runs beside them",
  onDeno,
  () =>
    withFewPermissions([], async (session) => {
      const agent = startCommand(["sh", "-c", "exec aivault agent run --foreground"], {
        env: session.env,
      });
      const end = ended(agent);
      try {
        const isLocked = async () => (await agentStatus(session)).state === "locked";
        await until("the agent listens", isLocked);
        await unlock(session);
        await session.check(USE_AND_STOP);
        await session.run("aivault agent stop");
        assert.equal((await end).exitCode, 0);
      } finally {
        endProcess(agent);
      }
    }),
);

test(
  "with leave to run /bin/sh besides, unlock starts an agent",
  onDeno,
  () =>
    withFewPermissions(["--allow-run=/bin/sh"], async (session) => {
      await unlock(session);
      await session.check(USE_AND_STOP);
    }),
);
