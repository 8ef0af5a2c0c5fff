/** `--help`: every command explains itself, and mistakes lead there. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { EXIT_CODES } from "../../lib/cli/exit_code.ts";
import { allHelps, commandsIn } from "../helpers/all_helps.ts";
import { listFiles } from "../helpers/files.ts";
import { aivault, ROOT } from "../helpers/program.ts";
import { withSession } from "../helpers/session.ts";

const options = { timeout: 120_000 };

test(
  "every command has a help with a usage, a sentence and a line for each flag",
  options,
  async () => {
    const helps = await allHelps();
    assert.ok(helps.length >= 16, `${helps.length}`);
    for (const [path, help] of helps) {
      const name = ["aivault", ...path].join(" ");
      assert.ok(help.startsWith(`Usage: ${name}`), help);
      assert.match(help, /\n\n[A-Za-z][^\n]{10,}/, name);
      // No flag, argument or command without an explanation.
      for (const line of help.split("\n").filter((each) => /^ {2}[^ ]/.test(each))) {
        assert.match(line, /^ {2}\S.*? {2,}\S/, `${name}: ${line}`);
      }
      if (path.length > 0 && commandsIn(help).length === 0 && path[0] !== "help") {
        // What prints a line of JSON for each event has no other form.
        assert.match(help, /^ {2}(--json +print one JSON document|--jsonl .*)$/m, name);
      }
      for (const width of help.split("\n").map((line) => line.length)) {
        assert.ok(
          width <= 100,
          name,
        );
      }
      const headings = [...help.matchAll(/^(\S.*:)$/gm)].map(([, heading]) => `${heading}`);
      const groups = headings.filter((heading) => !/^(Arguments|Commands):$/.test(heading));
      const [first, last] = [groups.indexOf("Options:"), groups.indexOf("General options:")];
      assert.ok(first <= 0 && (last < 0 || last === groups.length - 1), `${name}: ${groups}`);
      const other = await aivault(["help", ...path]);
      assert.equal(other.stdout, help, `help ${path.join(" ")}`);
    }
  },
);

test("--help says the exit codes that there are, and README the same", options, async () => {
  const { stdout } = await aivault(["--help"]);
  const codes = new Set([0, 1, ...Object.values(EXIT_CODES)]);
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  for (const text of [stdout, readme]) {
    const list = text.split("\nExit codes:")[1]?.split("\n\n")[0] ?? "";
    const named = [...list.matchAll(/(?:^|\s)(\d+)\s[a-z]/g)].map(([, code]) => Number(code));
    assert.deepEqual(named.sort((a, b) => a - b), [...codes].sort((a, b) => a - b));
  }
});

test("README's table of commands names every command, and no other", options, async () => {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const table = /^## Commands\n\n([^]*?)\n\n/m.exec(readme)?.[1] ?? "";
  const named = new Set<string>();
  for (const row of table.split("\n").slice(2)) {
    const cell = row.split("|")[1] ?? "";
    let group = "";
    for (const [, words = ""] of cell.matchAll(/`([^`]+)`/g)) {
      const [first = "", second] = words.replace(/ (--|…|\[).*$/, "").split(" ");
      // "`secrets attach-group`, `detach-group`" leaves the group away the second time.
      if (second !== undefined) group = `${first} `;
      named.add(second === undefined ? `${group}${first}` : `${first} ${second}`);
    }
  }
  const helps = (await allHelps()).filter(([path]) => path.length > 0);
  const all = new Set(helps.map(([path]) => path.join(" ")));
  for (const name of named) assert.ok(all.has(name), `there is no command ${name}`);
  for (const [path, help] of helps) {
    const isGroup = commandsIn(help).length > 0;
    assert.ok(isGroup || named.has(path.join(" ")), `README has no row for ${path.join(" ")}`);
  }
});

test("--help gives the default of every option of a key provider", options, async () => {
  const helps = (await allHelps()).filter(([, help]) => /^Provider /m.test(help));
  assert.deepEqual(helps.map(([path]) => path.join(" ")), ["init", "recovery use"]);
  for (const [, help] of helps) {
    for (const section of help.split("\n\n").filter((each) => each.startsWith("Provider "))) {
      for (const option of section.split(/^ {2}(?=--)/m).slice(1)) {
        assert.match(option.replace(/\s+/g, " "), /\(default: [^)]+\)/);
      }
    }
  }
});

test(
  "a mistake on the command line exits 2, says what is wrong and leads to the help",
  options,
  () =>
    withSession(async ({ check, home }) => {
      await check(`
      $ aivault nonsense
      ! aivault: read the command line: there is no such command
      ! hint: see what there is: aivault --help
      [2]

      $ aivault statsu
      ! aivault: read the command line: there is no such command
      ! hint: did you mean status?
      ! hint: see what there is: aivault --help
      [2]

      $ aivault secrets sho A
      ! aivault: read the command line: there is no such command
      ! hint: did you mean show?
      ! hint: see what there is: aivault secrets --help
      [2]

      $ aivault secrets show A --jsno
      ! aivault: read the command line: there is no flag --jsno
      ! hint: did you mean --json?
      ! hint: see what there is: aivault secrets show --help
      [2]

      $ aivault --json status >/dev/null
      ! aivault: read the command line: there is no flag --json
      ! hint: flags come after the command: aivault status --json
      ! hint: see what there is: aivault --help
      [2]

      $ aivault status --passphrase p
      ! aivault: read the command line: there is no flag --passphrase
      ! hint: see what there is: aivault status --help
      [2]

      $ aivault secrets create --name
      ! aivault: read the command line: --name <name> needs its argument
      ! hint: see what there is: aivault secrets create --help
      [2]

      $ aivault backup create
      ! aivault: read the command line: <file> is missing
      ! hint: see what there is: aivault backup create --help
      [2]

      $ aivault audit --limit 0
      ! aivault: read the command line: the argument of --limit <n> is not valid: it must be a whole number from 1 to 1000000
      ! hint: see what there is: aivault audit --help
      [2]

      $ aivault doctor --fix=1
      ! aivault: read the command line: --fix takes no argument
      ! hint: see what there is: aivault doctor --help
      [2]

      $ aivault help nonsense
      ! aivault: read the command line: there is no such command
      ! hint: see what there is: aivault --help
      [2]
    `);
      assert.deepEqual(await listFiles(home), []);
    }),
);

test(
  "every flag and argument that names a file refuses an empty path, and nothing is made",
  options,
  () =>
    withSession(async ({ run, home }) => {
      const seen = new Set<string>();
      for (const [path, help] of await allHelps()) {
        const flags = [...help.matchAll(/^ {2}(--[a-z-]+) <path>/gm)].map(([, flag]) => `${flag}`);
        const names = /^Usage: .*<file>/.test(help) ? [...flags, "<file>"] : flags;
        for (const name of names.filter((each) => each === "<file>" || !seen.has(each))) {
          seen.add(name);
          const isFlag = name !== "<file>";
          const line = `aivault ${path.join(" ")} ${isFlag ? name : ""} ''`;
          const { exitCode, stderr } = await run(line);
          const what = isFlag ? `the argument of ${name} <path>` : name;
          assert.ok(
            stderr.startsWith(
              `aivault: read the command line: ${what} is not valid: it must not be empty\n`,
            ),
            `${line}: ${stderr}`,
          );
          assert.equal(exitCode, 2, line);
        }
      }
      assert.ok(seen.size > 7, [...seen].join(" "));
      assert.deepEqual(await listFiles(home), []);
    }),
);

test("a command of none prints its help on standard error and exits 2", options, async () => {
  for (const path of [[], ["secrets"]]) {
    const { exitCode, stdout, stderr } = await aivault(path);
    assert.equal(exitCode, 2);
    assert.equal(stdout, "");
    assert.equal(stderr, (await aivault([...path, "--help"])).stdout);
  }
});
