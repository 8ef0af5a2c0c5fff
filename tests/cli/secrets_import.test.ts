/** `aivault secrets import`: many secrets in one step, or none of them. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { type Session, withSession } from "../helpers/session.ts";
import { valueOf } from "./vault_of.ts";

const options = { timeout: 120_000 };

function withVault(work: (session: Session) => Promise<void>): Promise<void> {
  return withSession(async (session) => {
    await session.json("aivault init --json");
    await work(session);
  }, { AIVAULT_DIR: "<dir>/vault" });
}

test(
  "secrets import reads NAME=VALUE lines and entries, and takes values as they are",
  options,
  () =>
    withVault(async (session) => {
      const lines = [
        "# a comment",
        "",
        "   ",
        "  # an indented comment",
        "PLAIN=value",
        'QUOTED="as it is"',
        "EQUALS=a=b==",
        "SPACES= kept ",
        "NOT_A_COMMENT=v # stays",
        "CRLF=line end\r",
        "ÜNÏCODE=🔑",
      ];
      await writeFile(join(session.directory, "entries"), lines.join("\n"));
      await session.check(`
      $ aivault secrets import --entry-file entries --entry FLAG=x=y --workspace-id w
      imported 8 secrets into scope workspace w
        FLAG (<id>)
        PLAIN (<id>)
        QUOTED (<id>)
        EQUALS (<id>)
        SPACES (<id>)
        NOT_A_COMMENT (<id>)
        CRLF (<id>)
        ÜNÏCODE (<id>)
      ! warning: other users can read --entry in the list of processes; --entry-file - is safer
      ! warning: some values are in quotes, which are kept as a part of them

      $ printf 'OPENAI_API_KEY=sk-1' | aivault secrets import --entry-file -
      imported 1 secret into scope global
        OPENAI_API_KEY (<id>)
    `);
      const values = {
        FLAG: "x=y",
        PLAIN: "value",
        QUOTED: '"as it is"',
        EQUALS: "a=b==",
        SPACES: " kept ",
        NOT_A_COMMENT: "v # stays",
        CRLF: "line end",
        ÜNÏCODE: "🔑",
      };
      for (const [name, value] of Object.entries(values)) {
        assert.equal(await valueOf(session, name, { workspaceId: "w" }), value);
      }
      const shown = await session.json("aivault secrets show OPENAI_API_KEY --json");
      assert.equal(
        (shown as { secret: { pinnedProvider: string } }).secret.pinnedProvider,
        "openai",
      );
      const { events } = await session.json("aivault audit --limit 17 --json") as {
        events: { kind: string; note: string | null }[];
      };
      const stored = events.filter(({ kind }) => kind !== "secret.use");
      const kinds = new Set(stored.map(({ kind, note }) => `${kind}: ${note}`));
      assert.deepEqual([...kinds], ["secret.create: import"]);
      assert.equal(stored.length, 9);
    }),
);

test(
  "secrets import stores nothing if one entry is bad or taken, and never quotes a bad one",
  options,
  () =>
    withVault(async (session) => {
      await session.run("aivault secrets create TAKEN --value before");
      const bad: [line: string, exitCode: number, problem: string][] = [
        ["hunter2", 2, "import secrets: line 2 is not NAME=VALUE, or its value is empty"],
        ["=hunter2", 2, "import secrets: line 2 is not NAME=VALUE, or its value is empty"],
        // The last line of a key in base64.
        ["aHVudGVyMg==", 2, "import secrets: line 2 is not NAME=VALUE, or its value is empty"],
        // JSON and YAML, with a value that ends like a key in base64.
        ['{"A":"hunter2="}', 2, "import secrets: line 2 is not NAME=VALUE, or its value is empty"],
        ['A: "hunter2="', 2, "import secrets: line 2 is not NAME=VALUE, or its value is empty"],
        ["A=", 2, "import secrets: line 2 is not NAME=VALUE, or its value is empty"],
        ["hunter2\u0007=x", 2, "import secrets: the name in line 2 has control characters"],
        [" hunter2=x", 2, "import secrets: the name in line 2 begins or ends with white space"],
        [
          `${"hunter2".repeat(40)}=x`,
          2,
          "import secrets: the name in line 2 is longer than 255 characters",
        ],
        [
          "FIRST=x",
          2,
          'create secret "FIRST": the name "FIRST" is given to more than one of the new secrets',
        ],
        ["TAKEN=x", 5, 'create secret "TAKEN": the name "TAKEN" is taken in scope global'],
        [
          `LONG=${"x".repeat(1_048_577)}`,
          2,
          'create secret "LONG": the value is longer than 1 MiB',
        ],
      ];
      for (const [line, exitCode, problem] of bad) {
        const run = await session.run(
          "aivault secrets import --entry-file -",
          `FIRST=value-1\n${line}\nLAST=value-2\n`,
        );
        assert.equal(run.exitCode, exitCode, line.slice(0, 50));
        assert.equal(run.stdout, "");
        assert.ok(run.stderr.startsWith(`aivault: ${problem}\n`), run.stderr);
        assert.doesNotMatch(run.stderr, /hunter2|aHVud|value-/);
        assert.equal(run.stderr.includes("hint: to give that secret a new value"), exitCode === 5);
        assert.ok(run.stderr.endsWith("hint: nothing was imported\n"), run.stderr);
      }
      const { secrets } = await session.json("aivault status --json") as { secrets: number };
      assert.equal(secrets, 1);
      assert.equal(await valueOf(session, "TAKEN"), "before");
    }),
);

test(
  "secrets import refuses to do nothing, and files that are no text",
  options,
  () =>
    withVault(async ({ check, directory }) => {
      await writeFile(join(directory, "binary"), Uint8Array.of(0x41, 0x3d, 0xff));
      await check(`
      $ aivault secrets import
      ! aivault: import secrets: no entries were given
      ! hint: give NAME=VALUE lines: aivault secrets import --entry-file <path|->
      ! hint: nothing was imported
      [2]

      $ printf '# nothing\\n\\n' | aivault secrets import --entry-file -
      ! aivault: import secrets: no entries were given
      ! hint: give NAME=VALUE lines: aivault secrets import --entry-file <path|->
      ! hint: nothing was imported
      [2]

      $ aivault secrets import --entry-file nowhere
      ! aivault: read the entries from a file: there is no such file
      ! hint: nothing was imported
      [2]

      $ aivault secrets import --entry-file binary
      ! aivault: import secrets: the entries are not UTF-8 text of at most 64 MiB
      ! hint: nothing was imported
      [2]

      $ aivault secrets import --entry hunter2
      ! warning: other users can read --entry in the list of processes; --entry-file - is safer
      ! aivault: import secrets: entry 1 is not NAME=VALUE, or its value is empty
      ! hint: nothing was imported
      [2]
    `);
    }),
);

test(
  "secrets import takes the lines of a shell as they are, and says so",
  options,
  () =>
    withVault(async (session) => {
      const lines = "export A=\"one\"\nB='two'\nC=it's\n";
      const run = await session.run("aivault secrets import --entry-file -", lines);
      assert.equal(run.exitCode, 0, run.stderr);
      assert.equal(
        run.stderr,
        "warning: some values are in quotes, which are kept as a part of them\n" +
          "warning: some lines begin with export, which is kept as a part of the name\n",
      );
      assert.equal(await valueOf(session, "export A"), '"one"');
      assert.equal(await valueOf(session, "B"), "'two'");
      const plain = await session.run("aivault secrets import --entry-file -", "D=it's\nE=\"\n");
      assert.equal(plain.stderr, "");
    }),
);

test(
  "secrets import passes over the mark of the byte order that some editors begin a file with",
  options,
  () =>
    withVault(async (session) => {
      const given = "\ufeffFIRST=one\r\nSECOND=t\ufeffwo\r\n";
      const { exitCode, stderr } = await session.run(
        "aivault secrets import --entry-file -",
        given,
      );
      assert.equal(exitCode, 0, stderr);
      assert.equal(await valueOf(session, "FIRST"), "one");
      assert.equal(await valueOf(session, "SECOND"), "t\ufeffwo");
    }),
);

test(
  "secrets import names the first twenty of many, and all of them with --json",
  options,
  () =>
    withVault(async ({ run }) => {
      const lines = (prefix: string): string =>
        Array.from({ length: 1000 }, (_, index) => `${prefix}${index}=v\n`).join("");
      const people = await run("aivault secrets import --entry-file -", lines("A"));
      assert.equal(people.exitCode, 0, people.stderr);
      const printed = people.stdout.trimEnd().split("\n");
      assert.equal(printed.length, 22);
      assert.equal(printed[0], "imported 1000 secrets into scope global");
      assert.match(`${printed[20]}`, /^ {2}A19 \(/);
      assert.equal(printed[21], "  and 980 more");
      const programs = await run("aivault secrets import --entry-file - --json", lines("B"));
      assert.equal(JSON.parse(programs.stdout).secrets.length, 1000);
    }),
);
