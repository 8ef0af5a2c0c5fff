/** A program opens the vault that the command line has made. Where it looks by itself: tests/cli/script_example.test.ts. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { utf8 } from "../lib/crypto/bytes.ts";
import type { Vault } from "../lib/vault/vault.ts";
import { openVault } from "../providers/open_vault.ts";
import { unlock, withLockedVault } from "./helpers/agents.ts";
import { type Session, withSession } from "./helpers/session.ts";

const options = { timeout: 120_000 };

async function create({ run }: Session): Promise<void> {
  const { exitCode, stderr } = await run("aivault secrets create TOKEN --value-file -", "s3cret");
  assert.equal(exitCode, 0, stderr);
}

/** Uses the secret of `create`. */
async function useToken(vault: Vault): Promise<void> {
  try {
    assert.equal(
      await vault.use("TOKEN", {}, (value) => new TextDecoder().decode(value)),
      "s3cret",
    );
  } finally {
    await vault.close();
  }
}

const withVault = (init: string, work: (session: Session, directory: string) => Promise<void>) =>
  withSession(async (session) => {
    const { exitCode, stderr } = await session.run(`aivault init ${init}`);
    assert.equal(exitCode, 0, stderr);
    await create(session);
    await work(session, join(session.directory, "vault"));
  }, { AIVAULT_DIR: "<dir>/vault", AIVAULT_KEY: KEY });

async function withVariable(name: string, value: string, work: () => Promise<void>) {
  process.env[name] = value;
  try {
    await work();
  } finally {
    delete process.env[name];
  }
}

/** 32 bytes of `A`. */
const KEY = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=";

test(
  "openVault() opens a vault whose key is in a key file, and is on record",
  options,
  () =>
    withVault("--provider file", async ({ json }, directory) => {
      await useToken(await openVault({ directory, actor: "deploy" }));
      await useToken(await openVault({ directory }));
      const { events } = await json("aivault audit --limit 2 --json") as {
        events: { kind: string; actor: string }[];
      };
      assert.deepEqual(events.map(({ kind, actor }) => [kind, actor]), [
        ["secret.use", "library"],
        ["secret.use", "deploy"],
      ]);
    }),
);

test(
  "openVault() opens a vault whose key is in an environment variable",
  options,
  () =>
    withVault("--provider env", async (_session, directory) => {
      await assert.rejects(openVault({ directory }), { code: "KEY_MISSING" });
      process.env["AIVAULT_KEY"] = KEY;
      try {
        await useToken(await openVault({ directory }));
      } finally {
        delete process.env["AIVAULT_KEY"];
      }
    }),
);

test(
  "openVault() asks for a passphrase, or the agent; without both it fails with LOCKED",
  options,
  () =>
    withLockedVault(async (session) => {
      const directory = join(session.directory, "vault");
      const locked = {
        code: "LOCKED",
        hints: ["unlock it with: aivault unlock, or give its passphrase in AIVAULT_PASSPHRASE"],
      };
      await assert.rejects(openVault({ directory }), locked);
      await unlock(session);
      await create(session);
      await useToken(await openVault({ directory }));
      assert.equal((await session.run("aivault lock")).exitCode, 0);
      await assert.rejects(openVault({ directory }), locked);
      await useToken(await openVault({ directory, passphrase: async () => utf8("correct horse") }));
      const wrong = openVault({ directory, passphrase: async () => utf8("wrong horse") });
      await assert.rejects(wrong, { code: "WRONG_KEY" });
      await withVariable("AIVAULT_PASSPHRASE", "correct horse", async () => {
        await useToken(await openVault({ directory }));
      });
      await withVariable("AIVAULT_PASSPHRASE", "wrong horse", async () => {
        await assert.rejects(openVault({ directory }), { code: "WRONG_KEY" });
      });
      // What the runtimes make of bytes that are no UTF-8.
      await withVariable("AIVAULT_PASSPHRASE", "caf\ufffd", async () => {
        await assert.rejects(openVault({ directory }), { code: "INVALID_INPUT" });
      });
    }),
);

test(
  "openVault() makes no vault, and takes no empty path for the default one",
  options,
  () =>
    withSession(async ({ directory }) => {
      const nowhere = join(directory, "nowhere");
      await assert.rejects(openVault({ directory: nowhere }), {
        code: "NOT_FOUND",
        hints: ["make one with: aivault init"],
      });
      assert.equal(existsSync(nowhere), false);
      for (const empty of ["", " "]) {
        await assert.rejects(openVault({ directory: empty }), { code: "INVALID_INPUT" });
      }
    }),
);

test("openVault() that fails leaves no file open", {
  ...options,
  skip: existsSync("/proc/self/fd") ? false : "there is no /proc/self/fd on this system",
}, () =>
  withVault("--provider file", async (_session, directory) => {
    await writeFile(join(directory, "kek.key"), KEY, { mode: 0o600 });
    await assert.rejects(openVault({ directory }), { code: "WRONG_KEY" });
    const open = await Promise.all(
      (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
    );
    assert.deepEqual(open.filter((path) => path.startsWith(directory)), []);
  }));
