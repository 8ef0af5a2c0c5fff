import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileKeyProvider } from "../../providers/keys/file.ts";
import { runCli } from "../helpers/cli_run.ts";
import { withDirectory } from "../helpers/program.ts";

const COMMANDS: readonly [command: string, isNative: boolean][] = [
  ["secrets create --name ONE --value one", false],
  ["secrets import --entry TWO=two --entry THREE=three", true],
  ["secrets rotate ONE --value two", false],
  ["secrets list", false],
  ["status", false],
  ["rotate-master", true],
  ["audit verify", true],
];

test("a command takes the runtime's own cipher if it goes through every secret, and only then", () =>
  withDirectory(async (parent) => {
    const directory = join(parent, "vault");
    const defaultPath = join(directory, "kek.key");
    const providers = [fileKeyProvider({ vaultDirectory: directory, defaultPath })];
    const asked: string[] = [];
    for (const [command] of COMMANDS) {
      const onNativeCipher = () => void asked.push(command);
      const world = { directory, isDefault: false, platform: "linux", providers, onNativeCipher };
      const { exitCode, stderr } = await runCli(world, ...command.split(" "));
      assert.equal(exitCode, 0, `${command}: ${stderr}`);
    }
    const native = COMMANDS.filter(([, isNative]) => isNative).map(([command]) => command);
    assert.deepEqual(asked, native);
  }));
