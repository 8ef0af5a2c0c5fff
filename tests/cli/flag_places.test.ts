/** A flag that stands before its command: every one is refused, and where it belongs is said. */
import assert from "node:assert/strict";
import test from "node:test";
import { commandsIn } from "../helpers/all_helps.ts";
import { type CliRun, runCli } from "../helpers/cli_run.ts";
import { listFiles } from "../helpers/files.ts";
import { withDirectory } from "../helpers/program.ts";

const VALUE = "s3cret-that-nobody-may-see";
/** An argument that each such flag takes. */
const ARGUMENTS: Readonly<Record<string, string>> = { "--limit": "3", "--before-ts-ms": "3" };

type Run = (...args: string[]) => Promise<CliRun>;

/** Runs the program where there is nothing, and where nothing may come to be. */
async function withNothing(work: (run: Run) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const world = { directory, isDefault: false, platform: "linux", providers: [] };
    await work((...args) => runCli(world, ...args));
    assert.deepEqual(await listFiles(directory), []);
  });
}

/** The flags in a help, and what stands for the argument of each. */
function flagsIn(help: string): [flag: string, argument: string][] {
  return [...help.matchAll(/^ {2}(--[a-z-]+)(?:\.\.\.)?(?: (<[^>]+>))?/gm)]
    .map(([, flag = "", argument = ""]) => [flag, argument]);
}

async function helpOf(run: Run, ...path: string[]): Promise<string> {
  const { exitCode, stdout } = await run(...path, "--help");
  assert.equal(exitCode, 0);
  return stdout;
}

test("a flag before its command exits 2 and says where it belongs, for every flag of every group", async () => {
  await withNothing(async (run) => {
    let checked = 0;
    for (const group of commandsIn(await helpOf(run))) {
      if (group === "help") continue;
      const help = await helpOf(run, group);
      const own = new Set(flagsIn(help).map(([flag]) => flag));
      for (const name of commandsIn(help)) {
        for (const [flag, argument] of flagsIn(await helpOf(run, group, name))) {
          const given = argument === "" ? [flag] : [flag, ARGUMENTS[flag] ?? VALUE];
          const typed = `${group} ${given.join(" ")} ${name}`;
          const { exitCode, stderr } = await run(group, ...given, name);
          assert.equal(exitCode, 2, typed);
          assert.ok(!stderr.includes(VALUE), typed);
          const place = `flags come after the command: aivault ${group} ${name} ${flag}`;
          // What is missing beside a flag of the group is found first.
          const isMissing = own.has(flag) && stderr.includes("is missing");
          assert.ok(isMissing || stderr.includes(`\nhint: ${place}`), `${typed}\n${stderr}`);
          checked++;
        }
      }
    }
    assert.ok(checked > 50, `${checked}`);
  });
});

test("a flag of audit before one of its commands that has none of this name is refused", async () => {
  await withNothing(async (run) => {
    assert.deepEqual(await run("audit", "--limit", "3", "verify"), {
      exitCode: 2,
      stdout: "",
      stderr: "aivault: read the command line: there is no flag --limit\n" +
        "hint: see what there is: aivault audit verify --help\n",
    });
  });
});

test("a flag without any command says a command that takes it, and one of none says nothing of that", async () => {
  await withNothing(async (run) => {
    const hints = async (...args: string[]) => {
      const { exitCode, stderr } = await run(...args);
      assert.equal(exitCode, 2);
      return stderr.split("\n").filter((line) => line.startsWith("hint: flags come after"));
    };
    const such = "hint: flags come after a command that takes them, such as: aivault";
    assert.deepEqual(await hints("audit", "--passphrase", "x"), [
      `${such} audit verify --passphrase <text>`,
    ]);
    assert.deepEqual(await hints("secrets", "--value", VALUE), [
      `${such} secrets create --value <text>`,
    ]);
    assert.deepEqual(await hints("--passphrase", "x", "audit", "prune"), [
      "hint: flags come after the command: aivault audit prune --passphrase <text>",
    ]);
    // `--started` is for aivault itself.
    for (const [group, flag] of [["secrets", "--bogus"], ["agent", "--started"]] as const) {
      assert.deepEqual(await hints(group, flag, VALUE), []);
    }
  });
});

test("a command that a group does not have is said not to be there, without repeating it", async () => {
  await withNothing(async (run) => {
    for (const group of ["audit", "secrets", "agent", "recovery", "backup"]) {
      const { exitCode, stderr } = await run(group, VALUE);
      assert.equal(exitCode, 2);
      assert.match(stderr, /^aivault: read the command line: there is no such command\n/);
      assert.ok(!stderr.includes(VALUE));
    }
  });
});
