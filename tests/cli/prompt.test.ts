/** Hidden questions on a real terminal: what is typed is taken, and never shown. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { programRuntime, unboundCommand } from "../helpers/program.ts";
import { type Exchange, NO_TERMINAL, onTerminal } from "../helpers/terminal.ts";
import { type Session, withSession } from "../helpers/session.ts";
import { valueOf } from "./vault_of.ts";

if (NO_TERMINAL !== undefined) console.warn(`skipped: ${NO_TERMINAL}`);
const options = { timeout: 120_000, skip: NO_TERMINAL ?? false };
const CHEAP = "--argon2-memory 8 --argon2-iterations 1";
/** What `stty` says of a terminal that shows what is typed, line by line. */
const AS_BEFORE = "stty -a | grep -Eow -- '-?(isig|icanon|echo)'";
/** Deno lets no program open /dev/tty without all permissions. */
const isBound = programRuntime().startsWith("deno");
const unbound = {
  ...options,
  skip: options.skip ||
    (isBound && process.env["AIVAULT_TEST_BINARY"] !== undefined
      ? "the permissions of Deno's executable are fixed"
      : false),
};

function converse(session: Session, line: string, ...exchanges: Exchange[]) {
  return onTerminal(line, { env: session.env, cwd: session.directory }, exchanges);
}

/** What a person sees of a screen on which the terminal was asked to mark what is pasted. */
const withoutMarks = (screen: string): string =>
  screen.replaceAll("\x1b[?2004h", "").replaceAll("\x1b[?2004l", "");

test(
  "secrets create asks for the value, does not show it, and keeps it",
  options,
  () =>
    withSession(async (session) => {
      const { screen, exitCode } = await converse(
        session,
        `aivault secrets create A; ${AS_BEFORE}`,
        ["Value (not shown): ", "wrong\x15hunté2 \x7f\r"],
      );
      assert.equal(exitCode, 0, screen);
      assert.match(
        withoutMarks(screen),
        /Value \(not shown\): \ncreated A in scope global \([0-9a-f-]{36}\)\n/,
      );
      assert.doesNotMatch(screen, /hunt|wrong/);
      assert.match(screen, /\nisig\nicanon\necho\n$/);
      assert.equal(await valueOf(session, "A"), "hunté2");
    }),
);

test(
  "a secret is not read from standard input while that is a terminal, where it would be seen",
  options,
  () =>
    withSession(async (session) => {
      await session.run("aivault status");
      for (
        const command of [
          "secrets create A --value-file -",
          "secrets import --entry-file -",
          "rotate-master --new-passphrase-file -",
        ]
      ) {
        const { screen, exitCode } = await converse(session, `aivault ${command}`);
        assert.equal(exitCode, 2, screen);
        assert.match(
          screen,
          /from standard input: standard input is a terminal, where it would be/,
        );
      }
    }),
);

test(
  "secrets rotate asks for the value, after it has found the vault's key",
  options,
  () =>
    withSession(async (session) => {
      await session.run("printf one | aivault secrets create A --value-file -");
      const { exitCode } = await converse(session, "aivault secrets rotate A", ["Value", "two\r"]);
      assert.equal(exitCode, 0);
      assert.equal(await valueOf(session, "A"), "two");
      await session.run("mv ~/.aivault/keys/kek.key ~/away");
      const locked = await converse(session, "aivault secrets rotate A");
      assert.equal(locked.exitCode, 8, locked.screen);
      assert.doesNotMatch(locked.screen, /Value/);
    }),
);

test(
  "a question is asked on the terminal even if the standard streams are pipes or files",
  unbound,
  () =>
    withSession(
      async (session) => {
        const line = "true | aivault secrets create A >out 2>err; cat out err";
        const { screen } = await converse(session, line, ["Value (not shown): ", "hunter2\r"]);
        assert.match(withoutMarks(screen), /^Value \(not shown\): \ncreated A in scope global/);
        assert.equal(await valueOf(session, "A"), "hunter2");
        const { stdout } = await session.run("cat out err");
        assert.doesNotMatch(stdout, /Value|hunter2/);
      },
      {},
      unboundCommand(),
    ),
);

test("under Deno's limited permissions a question needs standard input to be the terminal", {
  ...options,
  skip: options.skip || (isBound ? false : "only Deno has permissions to limit"),
}, () =>
  withSession(async (session) => {
    const { screen, exitCode } = await converse(session, "true | aivault secrets create A");
    assert.equal(exitCode, 2);
    assert.match(screen, /no value was given, and there is no terminal to ask on/);
  }));

test(
  "a passphrase vault asks for a new passphrase twice, and for the passphrase once",
  options,
  () =>
    withSession(async (session) => {
      const made = await converse(
        session,
        `aivault init --provider passphrase ${CHEAP}`,
        ["New passphrase (not shown): ", "correct horse\r"],
        ["The same again (not shown): ", "correct horse\r"],
      );
      assert.equal(made.exitCode, 0, made.screen);
      const listed = await converse(
        session,
        "aivault secrets list",
        ["Passphrase (not shown): ", "correct horse\r"],
      );
      assert.match(listed.screen, /no secrets\n$/);
      const rotated = await converse(
        session,
        "aivault rotate-master",
        ["Passphrase", "correct horse\r"],
        ["New passphrase", "battery staple\r"],
        ["The same again", "battery staple\r"],
      );
      assert.equal(rotated.exitCode, 0, rotated.screen);
      const wrong = await converse(session, "aivault secrets list", [
        "Passphrase",
        "correct horse\r",
      ]);
      assert.equal(wrong.exitCode, 6, wrong.screen);
      assert.doesNotMatch(
        made.screen + listed.screen + rotated.screen + wrong.screen,
        /horse|staple/,
      );
    }),
);

test(
  "two new passphrases that differ are refused, and nothing is made",
  options,
  () =>
    withSession(async (session) => {
      const { screen, exitCode } = await converse(
        session,
        `aivault init --provider passphrase ${CHEAP}`,
        ["New passphrase", "one\r"],
        ["The same again", "another\r"],
      );
      assert.equal(exitCode, 2);
      assert.match(screen, /aivault:.* set the passphrase: the two passphrases differ\n/);
      assert.match((await session.run("aivault init --provider env")).stderr, /AIVAULT_KEY/);
    }),
);

test(
  "Ctrl-C at a question changes nothing and leaves the terminal as it was",
  options,
  () =>
    withSession(async (session) => {
      await session.run("aivault status");
      const { screen } = await converse(
        session,
        `aivault secrets create A; echo "[$?]"; ${AS_BEFORE}`,
        ["Value", "hunter2\x03"],
      );
      assert.match(screen, /create secret "A": cancelled\n\[2\]\nisig\nicanon\necho\n$/);
      assert.doesNotMatch(screen, /hunter2/);
      const { stdout } = await session.run("aivault secrets list && aivault audit");
      assert.match(stdout, /^no secrets\n[^\n]*\n1 [^\n]*vault\.init[^\n]*\n$/);
    }),
);

const MANY = "-----BEGIN\r" + "touch pwned\r".repeat(2_000);
const LONG = `${"a".repeat(65_537)}\rtouch pwned\r`;
const between = (text: string): string => `\x1b[200~${text}\x1b[201~`;
const PASTES = {
  "of two lines that is pasted": ["-----BEGIN\rtouch pwned\r", "more than one line was pasted"],
  "of more lines than a terminal holds that is pasted": [MANY, "more than one line was pasted"],
  "of many lines that is pasted between marks": [between(MANY), "more than one line was pasted"],
  "longer than a line that is pasted": [LONG, "the line is longer than 65536 bytes"],
  "longer than a line that is pasted between marks": [
    between(LONG),
    "the line is longer than 65536 bytes",
  ],
} as const;

for (const [what, [keys, problem]] of Object.entries(PASTES)) {
  test(
    `a value ${what} is refused whole, and no line of it is left to the shell`,
    unbound,
    () =>
      withSession(
        async (session) => {
          const { screen } = await converse(
            session,
            'aivault secrets create A; echo "[$?]"; stty -icanon min 0 time 2; echo "rest: $(dd count=1 2>/dev/null)"',
            ["Value", keys],
          );
          assert.match(screen, new RegExp(`: ${problem}\\n.*\\n\\[2\\]\\nrest: \\n$`));
          assert.equal((await session.run("ls pwned")).stdout, "");
        },
        {},
        unboundCommand(),
      ),
  );
}

test(
  "what was typed before the question, and was seen, does not answer it",
  unbound,
  () =>
    withSession(
      async (session) => {
        const go = (): string => {
          writeFileSync(join(session.directory, "go"), "");
          return "";
        };
        const { screen, exitCode } = await converse(
          session,
          "mkfifo go; echo ready; cat go; aivault secrets create A",
          ["ready\n", "typed ahead\r"],
          ["typed ahead\n", go],
          ["Value (not shown): ", "meant\r"],
        );
        assert.equal(exitCode, 0, screen);
        assert.equal(await valueOf(session, "A"), "meant");
      },
      {},
      unboundCommand(),
    ),
);

test(
  "a value that is pasted between marks is kept without them, and no marks are asked for afterwards",
  options,
  () =>
    withSession(async (session) => {
      const keys = "\x1b[200~pasted value\x1b[201~\r";
      const { screen, exitCode } = await converse(session, "aivault secrets create A", [
        "Value",
        keys,
      ]);
      assert.equal(exitCode, 0, screen);
      assert.ok(screen.includes("\x1b[?2004hValue (not shown): "), screen);
      assert.ok(screen.lastIndexOf("\x1b[?2004h") < screen.lastIndexOf("\x1b[?2004l"), screen);
      assert.equal(await valueOf(session, "A"), "pasted value");
      const dumb = await converse(session, "TERM=dumb aivault secrets create B", ["Value", "v\r"]);
      assert.equal(dumb.exitCode, 0, dumb.screen);
      assert.ok(!dumb.screen.includes("\x1b[?2004"));
    }),
);

test(
  "an empty answer is refused: no value and no passphrase is empty",
  options,
  () =>
    withSession(async (session) => {
      const value = await converse(session, "aivault secrets create A", ["Value", "\r"]);
      assert.equal(value.exitCode, 2);
      assert.match(value.screen, /the value is empty/);
      const passphrase = await converse(
        session,
        `AIVAULT_DIR=p aivault init --provider passphrase ${CHEAP}`,
        ["New passphrase", "\r"],
        ["The same again", "\r"],
      );
      assert.equal(passphrase.exitCode, 2);
      assert.match(passphrase.screen, /the passphrase is empty/);
    }),
);
