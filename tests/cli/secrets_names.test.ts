/** Names that are hard on command lines, and values that are hard on everything. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import { withSession } from "../helpers/session.ts";
import { shellWord } from "../../providers/host/shell_word.ts";
import { bytesOf, valueOf } from "./vault_of.ts";

const options = { timeout: 120_000 };
const env = { AIVAULT_DIR: "<dir>/vault" };

/** Names, and how they are written on the command line of `secrets show`. */
const ODD_NAMES: readonly [name: string, argument?: string][] = [
  ["ключ 鍵 🔑"],
  ["👩‍👩‍👧"],
  [`"double" 'single' \`back\``],
  ["a=b"],
  ["$HOME; rm -rf / && %s\\n"],
  ["-v", "-- -v"],
  ["--value", "--id=--value"],
  ["é".normalize("NFD")],
  ["a".repeat(255)],
  ["鍵".repeat(255)],
];

test(
  "secrets create and show take any name that can be printed, whatever the shell thinks of it",
  options,
  () =>
    withSession(async (session) => {
      for (const [name, argument = shellWord(name)] of ODD_NAMES) {
        const made = await session.run(
          `printf %s ${shellWord(name)} | aivault secrets create --name=${
            shellWord(name)
          } --value-file -`,
        );
        assert.equal(made.exitCode, 0, `${name}: ${made.stderr}`);
        const { secret } = await session.json(`aivault secrets show --json ${argument}`) as {
          secret: { name: string; id: string };
        };
        assert.equal(secret.name, name.normalize("NFC"));
        assert.ok(made.stdout.includes(secret.id));
        assert.equal(await valueOf(session, name), name);
      }
      const { secrets } = await session.json("aivault secrets list --json") as {
        secrets: { name: string }[];
      };
      const names = ODD_NAMES.map(([name]) => name.normalize("NFC"));
      assert.deepEqual(new Set(secrets.map((secret) => secret.name)), new Set(names));
    }, env),
);

test(
  "secrets create refuses names that cannot be printed or that look like an id",
  options,
  () =>
    withSession(async ({ run }) => {
      await run("aivault status");
      const refused: [name: string, problem: string][] = [
        ["", "the name is empty"],
        [" a", "the name begins or ends with white space"],
        ["a\n", "the name has control characters"],
        ["a\u001b[31m", "the name has control characters"],
        ["a\u202eb", "the name has control characters"],
        ["a".repeat(256), "the name is longer than 255 characters"],
        ["11111111-1111-4111-8111-111111111111", "the name looks like a secret id"],
        ["vault:secret:a", "the name looks like a secret id"],
      ];
      for (const [name, problem] of refused) {
        // A command substitution would take the newline at the end away.
        const { exitCode, stderr } = await run(
          `printf v | aivault secrets create --name=${shellWord(name)} --value-file -`,
        );
        assert.equal(exitCode, 2, JSON.stringify(name));
        assert.ok(stderr.endsWith(`: ${problem}\n`), stderr);
        assert.doesNotMatch(stderr.replaceAll("\n", ""), /[\p{Cc}\p{Bidi_Control}]/u);
      }
    }, env),
);

test(
  "a value is any 1 to 1,048,576 bytes, kept exactly as they are",
  options,
  () =>
    withSession(async (session) => {
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const values: [name: string, value: Uint8Array][] = [
        ["ALL", all],
        ["NUL", new Uint8Array(1)],
        ["NEWLINES", new TextEncoder().encode("\n\r\n")],
        ["LARGE", new Uint8Array(randomBytes(1_048_576))],
      ];
      for (const [name, value] of values) {
        const { exitCode, stderr } = await session.run(
          `aivault secrets create ${name} --value-file -`,
          value,
        );
        assert.equal(exitCode, 0, stderr);
        assert.equal(
          stderr.includes("warning: the value ends with a newline, which is kept"),
          name === "NEWLINES",
        );
      }
      for (const [name, value] of values) {
        assert.deepEqual(await bytesOf(session, name), value, name);
      }
      for (const [name, value] of values) {
        const { exitCode } = await session.run(
          `aivault secrets rotate ${name} --value-file -`,
          value,
        );
        assert.equal(exitCode, 0);
        assert.deepEqual(await bytesOf(session, name), value, name);
      }
    }, env),
);

test(
  "a value of no byte, or of one byte more than 1 MiB, is refused from every source",
  options,
  () =>
    withSession(async ({ check, run, json }) => {
      await json("aivault status --json");
      await check(`
      $ aivault secrets create A --value-file - </dev/null
      ! aivault: create secret "A": the value is empty
      [2]

      $ aivault secrets create A --value-file /dev/null
      ! aivault: create secret "A": the value is empty
      [2]

      $ aivault secrets create A --value ''
      ! warning: other users can read --value in the list of processes; --value-file - is safer
      ! aivault: create secret "A": the value is empty
      [2]

      $ head -c 1048577 /dev/zero | aivault secrets create A --value-file -
      ! aivault: create secret "A": the value is longer than 1048576 bytes
      [2]

      $ head -c 1048577 /dev/zero > large && aivault secrets create A --value-file large
      ! aivault: create secret "A": the value is longer than 1048576 bytes
      [2]

      $ printf v | aivault secrets create A --value-file -
      created A in scope global (<id>)

      $ aivault secrets rotate A --value-file large
      ! aivault: rotate secret "A": the value is longer than 1048576 bytes
      [2]
    `);
      // What does not end is not read to its end.
      const endless = await run("aivault secrets create B --value-file - </dev/zero");
      assert.equal(endless.exitCode, 2, endless.stderr);
      const { secrets } = await json("aivault secrets list --json") as { secrets: unknown[] };
      assert.equal(secrets.length, 1);
    }, env),
);
