/** A vault whose key is in an environment variable: missing, garbled, stale, foreign. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import test from "node:test";
import { snapshot } from "../helpers/files.ts";
import { type Session, withSession } from "../helpers/session.ts";
import { KEY_COMMANDS, OTHER_KEY_COMMANDS } from "./key_commands.ts";
import { valueOf } from "./vault_of.ts";

const options = { timeout: 200_000 };
const keyOf = (byte: number): string => Buffer.alloc(32, byte).toString("base64");
const OLD = keyOf(1);
const NEW = keyOf(2);

/** A session with a vault under {@linkcode OLD} that holds the secret A; its commands have no variable. */
function withEnvVault(work: (session: Session) => Promise<void>): Promise<void> {
  return withSession(async (session) => {
    const init = await session.run(`AIVAULT_KEY=${OLD} aivault init --provider env`);
    assert.equal(init.exitCode, 0, init.stderr);
    await session.run(`printf v | AIVAULT_KEY=${OLD} aivault secrets create A --value-file -`);
    await work(session);
  }, { AIVAULT_DIR: "<dir>/vault" });
}

/** Runs every command with the key, and expects the same refusal and not a byte changed. */
async function refuseAll(
  session: Session,
  key: string | undefined,
  exitCode: number,
  said: readonly string[],
  commands = KEY_COMMANDS,
): Promise<void> {
  const place = join(session.directory, "vault");
  const before = await snapshot(place);
  const variable = key === undefined ? "" : `AIVAULT_KEY='${key}' `;
  for (const command of commands) {
    const run = await session.run(`${variable}${command}`);
    const lines = run.stderr.split("\n").filter((line) => !line.startsWith("warning: "));
    assert.deepEqual(lines, [...said, ""], command);
    assert.equal(run.exitCode, exitCode, command);
    if (command !== "aivault status") assert.equal(run.stdout, "", command);
    assert.deepEqual(await snapshot(place), before, command);
  }
}

/** Runs what refuses in its own words: not a byte is changed either, in the vault or beside it. */
async function refuseOthers(
  session: Session,
  key: string | undefined,
  exitCode: number,
  present = OLD,
): Promise<void> {
  const made = await session.run(`AIVAULT_KEY='${present}' aivault backup create vault.bak`);
  assert.equal(made.exitCode, 0, made.stderr);
  const before = await snapshot(session.directory);
  const variable = key === undefined ? "" : `AIVAULT_KEY='${key}' `;
  for (const command of OTHER_KEY_COMMANDS) {
    const run = await session.run(`${variable}${command}`);
    assert.equal(run.exitCode, exitCode, `${command}: ${run.stderr}`);
    assert.deepEqual(await snapshot(session.directory), before, command);
  }
}

test(
  "every command exits 8 and writes nothing while the variable is not set",
  options,
  () =>
    withEnvVault(async (session) => {
      await refuseAll(session, undefined, 8, [
        "aivault: read the vault's key: environment variable AIVAULT_KEY is not set",
        "hint: set AIVAULT_KEY to the vault's key, base64 of 32 bytes",
      ]);
      await refuseOthers(session, undefined, 8);
    }),
);

for (
  const [key, problem] of [
    ["hunter2!", "is not base64"],
    [Buffer.alloc(31).toString("base64"), "holds 31 bytes, a key has 32"],
    ["", "is empty"],
  ] as const
) {
  test(
    `a command exits 8 and writes nothing while the variable ${problem}`,
    options,
    () =>
      withEnvVault((session) =>
        refuseAll(session, key, 8, [
          `aivault: read the vault's key: environment variable AIVAULT_KEY ${problem}`,
          "hint: it must be the vault's own key, base64 of exactly 32 bytes: a new one does not open the vault",
        ], KEY_COMMANDS.slice(0, 3))
      ),
  );
}

test(
  "every command exits 8 and writes nothing with the key from before a rotation",
  options,
  () =>
    withEnvVault(async (session) => {
      await session.check(`
      $ printf %s '${NEW}' | AIVAULT_KEY='${OLD}' aivault rotate-master --new-key-file -
      rotated the master key: 1 secret is under the new key in environment variable AIVAULT_KEY
      ! hint: set AIVAULT_KEY to the new key now: until then every command fails
    `);
      await refuseAll(session, OLD, 8, [
        "aivault: unlock the vault: environment variable AIVAULT_KEY still holds the key from before the master key was rotated",
        "hint: put the new key there; nothing was changed",
      ]);
      await refuseOthers(session, OLD, 8, NEW);
      assert.equal(await valueOf(session, "A", {}, { key: NEW }), "v");
    }),
);

test(
  "every command exits 6 and writes nothing with a key that was never the vault's",
  options,
  () =>
    withEnvVault(async (session) => {
      await refuseAll(session, keyOf(9), 6, [
        "aivault: unlock the vault: environment variable AIVAULT_KEY is not this vault's",
        "hint: nothing was changed; check that this is the right vault and the right key",
      ]);
      await refuseOthers(session, keyOf(9), 6);
    }),
);

test(
  "the variable may hold the key in either alphabet, padded or not, with white space around it",
  options,
  () =>
    withSession(async (session) => {
      const bytes = Buffer.alloc(32, 0xfb);
      const url = bytes.toString("base64url");
      await session.run(
        `MY_KEY=${bytes.toString("base64")} aivault init --provider env --env-var MY_KEY`,
      );
      for (const text of [bytes.toString("base64"), url, `${url}=`, ` ${url} `]) {
        const { exitCode, stderr } = await session.run(`MY_KEY='${text}' aivault secrets list`);
        assert.equal(exitCode, 0, stderr);
      }
    }, { AIVAULT_DIR: "<dir>/vault" }),
);
