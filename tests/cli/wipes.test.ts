/** What a command was handed in a file or on standard input: wiped when it has ended, well or not. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { fileKeyProvider } from "../../providers/mod.ts";
import { runCli } from "../helpers/cli_run.ts";
import { withDirectory } from "../helpers/program.ts";
import { utf8 } from "../helpers/vaults.ts";

const NEW_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/** Commands in their order, what they are handed, and how they end. */
const COMMANDS: readonly (readonly [args: string, content: string, exitCode: number])[] = [
  ["secrets create A --value-file -", "value", 0],
  ["secrets create A --value-file -", "the name is taken", 5],
  ["secrets create B --value-file -", "x".repeat(1_048_577), 2],
  ["secrets rotate A --value-file -", "another value\n", 0],
  ["secrets rotate NONE --value-file -", "there is no such secret", 4],
  ["secrets import --entry-file -", "C=c\nD=d\n", 0],
  ["secrets import --entry-file -", "C=it is taken\n", 5],
  ["secrets import --entry-file -", "this is no entry", 2],
  ["rotate-master --new-key-file -", NEW_KEY, 0],
  ["rotate-master --new-key-file -", "not base64!", 2],
  ["recovery use --recovery-key-file -", "not a recovery key", 2],
];

test("every command wipes the bytes that it was handed, whether it succeeds or not", () =>
  withDirectory(async (directory) => {
    const handed: Uint8Array[] = [];
    let content = "";
    const world = {
      directory: join(directory, "vault"),
      isDefault: true,
      platform: "linux",
      providers: [
        fileKeyProvider({
          vaultDirectory: join(directory, "vault"),
          defaultPath: join(directory, "kek.key"),
        }),
      ],
      readInput() {
        const bytes = utf8(content);
        handed.push(bytes);
        return Promise.resolve(bytes);
      },
    };
    for (const [args, given, exitCode] of COMMANDS) {
      content = given;
      const run = await runCli(world, ...args.split(" "));
      assert.equal(run.exitCode, exitCode, `${args}: ${run.stderr}`);
      assert.equal(handed.length, 1, args);
      for (const bytes of handed.splice(0)) {
        assert.ok(bytes.every((byte) => byte === 0), `${args} (${exitCode})`);
      }
    }
  }));
