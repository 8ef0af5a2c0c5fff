/** Where output goes, and what becomes of a command whose output cannot go there. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import test from "node:test";
import { withSession } from "../helpers/session.ts";
import { NO_TERMINAL, onTerminal } from "../helpers/terminal.ts";

const options = { timeout: 120_000 };
const env = { AIVAULT_DIR: "<dir>/vault" };
const onFull = {
  ...options,
  skip: existsSync("/dev/full") ? false : "there is no /dev/full on this system",
};

const SAID = "aivault: print what the command has done: the disk is full\n" +
  "hint: what the command has changed stays changed; only its output is lost\n";

test(
  "output that a full disk does not take makes a command exit 74 and say so",
  onFull,
  () =>
    withSession(async ({ run, json }) => {
      await json("aivault status --json");
      for (
        const line of ["status", "secrets list", "audit", "--version", "--help", "status --json"]
      ) {
        const { exitCode, stderr } = await run(`aivault ${line} >/dev/full`);
        assert.equal(exitCode, 74, line);
        assert.equal(stderr, SAID, line);
      }
      const failed = await run("aivault secrets show A --json >/dev/full");
      assert.equal(failed.exitCode, 74);
      assert.ok(failed.stderr.includes(SAID));
      // What was done before is done.
      const created = await run("printf v | aivault secrets create A --value-file - >/dev/full");
      assert.equal(created.exitCode, 74);
      assert.equal((await json("aivault status --json") as { secrets: number }).secrets, 1);
    }, env),
);

test(
  "recovery create whose output is lost makes no recovery key",
  onFull,
  () =>
    withSession(async ({ run, json }) => {
      await json("aivault status --json");
      // The reader is gone before anything is written.
      const away =
        "mkfifo gone; (read _ <gone; aivault recovery create --print; echo $? >code) | " +
        "(exec <&-; echo >gone); cat code >&2";
      for (
        const line of [
          "aivault recovery create --print >/dev/full",
          "aivault recovery create --json >/dev/full",
          away,
        ]
      ) {
        const { exitCode, stdout, stderr } = await run(line);
        assert.ok(exitCode === 74 || stderr.endsWith("\n74\n"), `${line}: ${stderr}`);
        assert.match(stderr, /^aivault: make a recovery key: what was printed has gone nowhere$/m);
        assert.equal(stdout, "", line);
        const { recoveryCreatedAtMs } = await json("aivault status --json") as {
          recoveryCreatedAtMs: number | null;
        };
        assert.equal(recoveryCreatedAtMs, null, line);
      }
    }, env),
);

test(
  "a reader that goes away ends a command quietly",
  options,
  () =>
    withSession(async ({ run }) => {
      const lines = Array.from({ length: 1000 }, (_, index) => `NAME${index}=v\n`).join("");
      assert.equal((await run("aivault secrets import --entry-file -", lines)).exitCode, 0);
      for (const line of ["secrets list", "secrets list --json", "audit --limit 1000"]) {
        // More than a pipe holds, so that the rest meets a closed one.
        const { stdout, stderr } = await run(`(aivault ${line}; echo "[$?]" >&2) | head -1`);
        assert.equal(stdout.split("\n").length, 2, line);
        assert.equal(stderr, "[0]\n", line);
      }
    }, env),
);

const NO_PERL = spawnSync("perl", ["-MFcntl", "-e", "exit 3"]).status === 3
  ? process.platform === "linux" ? false : "asks the system how full a pipe is as Linux is asked"
  : "needs perl, to make a pipe non-blocking";

/** Runs what follows with a standard output that refuses what it has no room for. */
const NON_BLOCKING = "perl -MFcntl -e 'fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK); exec @ARGV'";

/** Begins to read when the pipe is full; 0x541b is FIONREAD. */
const LATE_READER =
  `perl -e 'do { ioctl(STDIN, 0x541b, $n = pack("i", 0)); select(undef, undef, undef, 0.01) }
  until unpack("i", $n) > 60_000; print while <STDIN>'`;

test("all output arrives in a full pipe that another process made non-blocking", {
  ...options,
  skip: NO_PERL,
}, () =>
  withSession(async ({ run }) => {
    const lines = Array.from({ length: 1000 }, (_, index) => `NAME${index}=v\n`).join("");
    assert.equal((await run("aivault secrets import --entry-file -", lines)).exitCode, 0);
    const { stdout } = await run("aivault secrets list --json");
    // Several times what a pipe holds.
    assert.ok(stdout.length > 200_000);
    const late = await run(`${NON_BLOCKING} aivault secrets list --json | ${LATE_READER}`);
    assert.equal(late.stdout, stdout);
    assert.equal(late.stderr, "");
  }, env));

test(
  "closed streams are no reason to fail otherwise",
  options,
  () =>
    withSession(async ({ check }) => {
      await check(`
      $ aivault secrets list 2>/dev/null >&-

      $ aivault nonsense 2>&-
      [2]

      $ aivault secrets create A --value-file - <&-
      ! aivault: create secret "A": the value is empty
      [2]
    `);
    }, env),
);

test(
  "data goes to standard output, all else to standard error",
  options,
  () =>
    withSession(async ({ run }) => {
      const made = await run("aivault secrets create A --value v 2>err");
      assert.match(made.stdout, /^created A in scope global \([0-9a-f-]{36}\)\n$/);
      assert.match((await run("cat err")).stdout, /^initialised a vault .*\nwarning: other users /);
      const failed = await run("aivault secrets show B");
      assert.equal(failed.stdout, "");
      assert.match(failed.stderr, /^aivault: /);
    }, env),
);

test("colour is for terminals alone, and never with NO_COLOR", {
  ...options,
  skip: NO_TERMINAL ?? false,
}, () =>
  withSession(async (session) => {
    const escape = "\u001b[";
    const show = (variables: string) =>
      onTerminal(`${variables} aivault secrets show A`, {
        env: session.env,
        cwd: session.directory,
      }, []);
    await session.run("aivault status");
    assert.ok((await show("")).screen.includes(`${escape}31maivault:${escape}0m show secret "A"`));
    assert.ok((await show("NO_COLOR=")).screen.includes(escape), "an empty one does not count");
    assert.ok(!(await show("NO_COLOR=1")).screen.includes(escape));
    const piped = await session.run("FORCE_COLOR=1 aivault secrets show A");
    assert.ok(!piped.stderr.includes(escape));
  }, env));
