/** Flags that hold a secret: they work, and say that others can read them, whether or not they are needed. */
import assert from "node:assert/strict";
import test from "node:test";
import { withSession } from "../helpers/session.ts";

const options = { timeout: 120_000 };
const KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/** A command, and the flag in it that holds a secret. */
const COMMANDS: readonly (readonly [line: string, flag: string])[] = [
  ["secrets create A --value hunter2", "--value"],
  ["secrets rotate A --value hunter2", "--value"],
  ["secrets import --entry B=hunter2", "--entry"],
  [`rotate-master --new-key ${KEY}`, "--new-key"],
  // The vault has no passphrase, and none is read.
  ["secrets list --passphrase hunter2", "--passphrase"],
  ["audit verify --passphrase hunter2", "--passphrase"],
  ["unlock --passphrase hunter2", "--passphrase"],
  ["doctor --passphrase hunter2", "--passphrase"],
  // From here on it has one.
  ["rotate-master --new-passphrase hunter2", "--new-passphrase"],
  ["secrets show A --passphrase hunter2", "--passphrase"],
];

test(
  "every flag that holds a secret says once that others can read it",
  options,
  () =>
    withSession(async (session) => {
      await session.json("aivault init --json");
      for (const [line, flag] of COMMANDS) {
        const { exitCode, stderr } = await session.run(`aivault ${line}`);
        assert.equal(exitCode, 0, `${line}: ${stderr}`);
        const warning =
          `warning: other users can read ${flag} in the list of processes; ${flag}-file - is safer`;
        assert.equal(stderr.split(warning).length, 2, `${line}: ${stderr}`);
      }
    }),
);
