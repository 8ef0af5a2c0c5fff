/** vaultPaths(): where the vault is. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import process from "node:process";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { vaultPaths } from "../../providers/host/paths.ts";
import { ended, runtimeCommand, startCommand } from "../helpers/program.ts";
import { withSession } from "../helpers/session.ts";

test("vaultPaths() is below the home, with the key outside the vault's directory", () => {
  for (const unset of [undefined, "", " "]) {
    const { directory, keyFile, isDefault } = vaultPaths(unset, () => "/home/me");
    assert.deepEqual([directory, keyFile, isDefault], [
      "/home/me/.aivault/data/vault",
      "/home/me/.aivault/keys/kek.key",
      true,
    ]);
  }
});

test("vaultPaths() puts everything into AIVAULT_DIR, which needs no home", () => {
  const { directory, keyFile, isDefault } = vaultPaths("/srv/vault", () => "");
  assert.deepEqual([directory, keyFile, isDefault], ["/srv/vault", "/srv/vault/kek.key", false]);
});

test("vaultPaths() refuses a relative home: the vault would be another one in each directory", () => {
  const unknown = (): never => {
    throw new Error("no such user");
  };
  for (const home of [() => "", () => "relative", unknown]) {
    assert.throws(() => vaultPaths(undefined, home), {
      code: "INVALID_INPUT",
      problem: "there is no home directory",
      hints: ["set HOME, or AIVAULT_DIR to the directory of the vault"],
    });
  }
});

/** The home directory in the list of users, by another program than the runtime; `undefined` where there is none such. */
function listedHome(): string | undefined {
  const { stdout } = spawnSync("getent", ["passwd", String(process.getuid?.())], {
    encoding: "utf8",
  });
  return stdout?.split(":")[5];
}

test("vaultPaths() and keyFilePath() take an empty HOME for one that is not set", {
  skip: listedHome() === undefined && "there is no list of users to ask",
}, async () => {
  const script = fileURLToPath(new URL("print_places.ts", import.meta.url));
  for (const home of [["HOME="], ["-u", "HOME"]]) {
    const { stdout, stderr } = await ended(
      startCommand(["env", ...home, ...runtimeCommand(script)]),
    );
    assert.equal(stdout, `${listedHome()}/.aivault/data/vault\n${listedHome()}/key\n`, stderr);
  }
});

test("vaultPaths() finds no vault at a relative path where the working directory is gone", async () => {
  await withSession(async ({ run, directory }) => {
    const { exitCode, stdout, stderr } = await run(
      "mkdir gone && cd gone && rmdir ../gone && AIVAULT_DIR=vault aivault status",
    );
    // Some runtimes do not even start there.
    assert.match(stderr, /working directory/);
    assert.ok(exitCode === 2 || exitCode === 1, stderr);
    if (stderr.includes("aivault:")) assert.equal(exitCode, 2, stderr);
    assert.equal(stdout, "");
    assert.deepEqual((await readdir(directory)).sort(), ["bin", "home"]);
  });
});
