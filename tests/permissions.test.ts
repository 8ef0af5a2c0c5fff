/** The permissions that the program has under Deno: no more than the list that is documented. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { DENO_PERMISSIONS } from "../scripts/build/permissions.ts";
import { assertRefused, ATTEMPTS, DENO, withServer } from "./helpers/deno_attempts.ts";
import {
  deadPid,
  type Ended,
  ended,
  programCommand,
  ROOT,
  startCommand,
  withDirectory,
} from "./helpers/program.ts";

const skip = DENO === undefined && "no Deno here; `npm test` installs one";

/** The permissions one by one, and the list without each. */
const WITHOUT: ReadonlyMap<string, readonly string[]> = new Map(
  DENO_PERMISSIONS.filter((word) => word.startsWith("--allow-")).flatMap((word) => {
    const [flag = "", names = ""] = word.split("=");
    return names.split(",").map((name, index, all) => {
      const others = all.toSpliced(index, 1).join(",");
      const rest = others === "" ? [] : [`${flag}=${others}`];
      const flags = DENO_PERMISSIONS.flatMap((each) => each === word ? rest : [each]);
      return [name === "" ? flag : `${flag}=${name}`, flags] as const;
    });
  }),
);

/** Runs the program under Deno with `flags` where a dead process left a file, and gives whether that is gone. */
async function runWith(
  flags: readonly string[],
  ...args: readonly string[]
): Promise<Ended & { isCleared: boolean }> {
  return await withDirectory(async (home) => {
    const directory = join(home, ".aivault/keys");
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const left = `kek.key.${await deadPid()}.${crypto.randomUUID()}.tmp`;
    await writeFile(join(directory, left), "a key\n", { mode: 0o600 });
    const command = [DENO ?? "", "run", ...flags, "--no-check", join(ROOT, "cli.ts"), ...args];
    const ran = await ended(startCommand(command, { env: { HOME: home } }));
    return { ...ran, isCleared: !(await readdir(directory)).includes(left) };
  });
}

describe("the permissions under Deno", () => {
  for (const [name, code] of Object.entries(ATTEMPTS)) {
    it(`refuse ${name}`, { skip }, async () => {
      // They do not hold for what Deno itself loads from jsr.io and the npm registry; that flag keeps it from that.
      await assertRefused([...DENO_PERMISSIONS, "--cached-only"], code);
    });
  }

  it("are not what makes the attempts fail: with -A the connection is made", { skip }, async () => {
    const { ran, visitors } = await withServer((port) =>
      withDirectory(async (directory) => {
        const script = join(directory, "attempt.ts");
        await writeFile(script, `await Deno.connect({ port: ${port} });`);
        return await ended(startCommand([DENO ?? "", "run", "-A", "--no-check", script]));
      })
    );
    assert.deepEqual([ran.exitCode, visitors], [0, 1], ran.stderr);
  });

  it("are those with which every test of a command runs on Deno", () => {
    const command = programCommand();
    if (!("Deno" in globalThis)) return assert.doesNotMatch(command.join(" "), /--allow/);
    const given = command.filter((word) => word.startsWith("-"));
    assert.deepEqual(given, [...DENO_PERMISSIONS, "--quiet"]);
    assert.ok(!given.includes("-A"));
  });

  it("stand in the README as they are", () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8").replace(/\\\n\s*/g, "");
    assert.ok(readme.includes(`deno run ${DENO_PERMISSIONS.join(" ")} --cached-only`));
  });

  for (const [permission, flags] of WITHOUT) {
    it(`have ${permission} because something fails without it`, {
      skip: skip || (permission.startsWith("--allow-run") && process.platform === "darwin" &&
        "it would ask the real Keychain"),
    }, async () => {
      if (permission.startsWith("--allow-run")) {
        const { stderr } = await runWith(flags, "init", "--provider", "macos-keychain");
        assert.match(stderr, /security cannot be started \(EPERM\)/);
        return;
      }
      const whole = await runWith(DENO_PERMISSIONS, "status");
      assert.deepEqual([whole.exitCode, whole.isCleared], [0, true], whole.stderr);
      const { exitCode, isCleared } = await runWith(flags, "status");
      assert.notDeepEqual([exitCode, isCleared], [0, true]);
    });
  }

  it("are named where the environment may not be seen, which says where the vault is", {
    skip,
  }, async () => {
    const { exitCode, stderr } = await runWith(WITHOUT.get("--allow-env") ?? [], "status");
    assert.equal(exitCode, 2);
    assert.match(
      stderr,
      /^aivault: find the vault: Deno does not let it see AIVAULT_DIR\nhint: .*--allow-env/,
    );
  });

  it("are enough for the Keychain's provider to find out that there is no Keychain", {
    skip: skip || (process.platform === "darwin" && "the real Keychain has a suite of its own"),
  }, async () => {
    await withDirectory(async (directory) => {
      await mkdir(join(directory, "home"));
      const { stderr, exitCode } = await ended(
        startCommand([
          DENO ?? "",
          "run",
          ...DENO_PERMISSIONS,
          "--no-check",
          join(ROOT, "cli.ts"),
          "init",
          "--provider",
          "macos-keychain",
        ], { env: { HOME: join(directory, "home") } }),
      );
      assert.equal(exitCode, 8, stderr);
      assert.doesNotMatch(stderr, /NotCapable|unexpected/);
    });
  });
});
