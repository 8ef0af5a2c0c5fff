/** What is read from standard input and from files: all of it, or an error. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { noStrace } from "../crash/syscalls/strace.ts";
import { withSession } from "../helpers/session.ts";
import { valueOf } from "./vault_of.ts";

const options = { timeout: 120_000 };
const env = { AIVAULT_DIR: "<dir>/vault" };

test(
  "what cannot be read from standard input is no empty input: a directory, or what is open for writing",
  options,
  () =>
    withSession(async ({ check, json }) => {
      await json("aivault status --json");
      await check(`
      $ aivault secrets create A --value-file - <home
      ! aivault: read the value from standard input: it is a directory
      [2]

      $ aivault secrets import --entry-file - <home
      ! aivault: read the entries from standard input: it is a directory
      ! hint: nothing was imported
      [2]

      $ aivault secrets create A --value-file - 0>written
      ! aivault: read the value from standard input: it is not open for reading
      [2]
    `);
    }, env),
);

const FAILING = "strace -f -qq -o /dev/null -P <dir>/input -e trace=read,pread64,readv,preadv " +
  "-e inject=read,pread64,readv,preadv:error=EIO";

test(
  "standard input that fails exits 74, and is no empty input",
  { ...options, skip: noStrace() },
  () =>
    withSession(async ({ run, json }) => {
      await run("echo v >input");
      const failed = await run(`${FAILING} aivault secrets create A --value-file - <input`);
      assert.match(
        failed.stderr,
        /^aivault: read the value from standard input: the disk reports an error$/m,
      );
      assert.equal(failed.exitCode, 74);
      assert.equal((await json("aivault status --json") as { secrets: number }).secrets, 0);
    }, env),
);

const NO_PERL = spawnSync("perl", ["-MFcntl", "-e", "exit 3"]).status === 3
  ? false
  : "needs perl, to make a pipe non-blocking";

/** Runs what follows with a standard input that is empty now and then, and non-blocking. */
const NON_BLOCKING = `perl -MFcntl -e '
  pipe(R, W); fcntl(R, F_SETFL, O_NONBLOCK);
  if (fork) { close W; open STDIN, "<&R"; exec @ARGV }
  close R; for (1 .. 10) { select(undef, undef, undef, 0.05); syswrite W, "v" x 10_000 }'`;

test(
  "a pipe that another process made non-blocking is read to its end",
  { ...options, skip: NO_PERL },
  () =>
    withSession(async (session) => {
      const { exitCode, stderr } = await session.run(
        `${NON_BLOCKING} aivault secrets create A --value-file -`,
      );
      assert.equal(exitCode, 0, stderr);
      assert.equal(await valueOf(session, "A"), "v".repeat(100_000));
    }, env),
);
