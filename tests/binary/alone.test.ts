/** The executable needs nothing beside it, wherever it lies and whoever runs it. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, chown, readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { asNobody, NOBODY } from "../helpers/nobody.ts";
import { ROOT } from "../helpers/program.ts";
import { testedBinary, useAgent, useEverything, withLoneBinary } from "./lone_binary.ts";

const options = { timeout: 120_000 };

/** How to run a command without a network, if this user may. */
function networkless(): string[] | undefined {
  const ways = [["unshare", "-n"], ["unshare", "-rn"]];
  return ways.find(([file = "", ...args]) => spawnSync(file, [...args, "true"]).status === 0);
}

const noNetwork = networkless();
const nobody = asNobody();
const isRoot = process.getuid?.() === 0;

describe("the executable", () => {
  it("has the licences of the packages that are in it", async () => {
    const { dependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
    const bytes = await readFile(testedBinary());
    for (const name of Object.keys(dependencies)) {
      assert.ok(bytes.includes(`\n${name} ${dependencies[name]}\n\n`), name);
    }
  });

  it(
    "works in an empty directory, with no environment but HOME",
    options,
    () =>
      withLoneBinary(async (binary) => {
        await useEverything(binary);
        assert.deepEqual(await readdir(binary.cwd), []);
        assert.deepEqual(await readdir(binary.home), [".aivault"]);
        assert.deepEqual(await readdir(join(binary.path, "..")), ["aivault"]);
      }),
  );

  it("works without a network", {
    ...options,
    skip: noNetwork === undefined && "unshare -n is not allowed here",
  }, () =>
    withLoneBinary(async (binary) => {
      await useEverything(binary, { prefix: noNetwork ?? [] });
      await useAgent(binary, { prefix: noNetwork ?? [] });
    }));

  it("works for a user other than root", {
    ...options,
    skip: isRoot && nobody === undefined && "setpriv cannot change the user here",
  }, () =>
    withLoneBinary(async (binary) => {
      if (nobody !== undefined) await chown(binary.home, NOBODY, NOBODY);
      await useEverything(binary, { prefix: nobody ?? [] });
      await useAgent(binary, { prefix: nobody ?? [] });
    }));

  it(
    "works from a path with spaces and letters beyond ASCII",
    options,
    () =>
      withLoneBinary(async (binary) => {
        await useEverything(binary);
        await useAgent(binary);
      }, "ein Schlüssel für 鍵 & 'дом'/ai vault"),
  );

  it("works read-only, in a directory that cannot be written", {
    ...options,
    skip: isRoot && nobody === undefined &&
      "root may write everything, and setpriv cannot change it",
  }, () =>
    withLoneBinary(async (binary) => {
      if (nobody !== undefined) await chown(binary.home, NOBODY, NOBODY);
      const bin = join(binary.path, "..");
      await chmod(binary.path, 0o555);
      await chmod(bin, 0o555);
      await chmod(binary.cwd, 0o555);
      try {
        await useEverything(binary, { prefix: nobody ?? [] });
        await useAgent(binary, { prefix: nobody ?? [] });
      } finally {
        await chmod(bin, 0o755);
        await chmod(binary.cwd, 0o755);
      }
    }));

  it(
    "works through a symbolic link, and through a link to it",
    options,
    () =>
      withLoneBinary(async (binary) => {
        const link = join(binary.directory, "other name");
        await symlink(binary.path, link);
        await symlink("other name", join(binary.directory, "av"));
        await useEverything(binary, { path: join(binary.directory, "av") });
        const { exitCode } = await binary.run(["secrets", "show", "B"], { path: link });
        assert.equal(exitCode, 3, "the vault is under a passphrase now");
      }),
  );

  it("is found on the PATH", options, () =>
    withLoneBinary(async (binary) => {
      const { stdout, stderr, exitCode } = await binary.shell(
        'PATH="$(dirname "$AIVAULT"):$PATH" && aivault status',
      );
      assert.equal(exitCode, 0, stderr);
      assert.match(stdout, /unlocked/);
    }));
});
