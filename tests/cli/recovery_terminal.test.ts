/** `aivault recovery` on a terminal: the key is shown there alone, and a part of it has to be typed back. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { type Exchange, NO_TERMINAL, onTerminal } from "../helpers/terminal.ts";
import { type Session, withSession } from "../helpers/session.ts";
import { valueOf } from "./vault_of.ts";

if (NO_TERMINAL !== undefined) console.warn(`skipped: ${NO_TERMINAL}`);
const options = { timeout: 120_000, skip: NO_TERMINAL ?? false };

function converse(session: Session, line: string, ...exchanges: Exchange[]) {
  return onTerminal(line, { env: session.env, cwd: session.directory }, exchanges);
}

/** The groups of the recovery key on the screen. */
function groupsOn(screen: string): string[] {
  const lines = screen.match(/^ {4}[0-9A-Z]{8}(-[0-9A-Z]{8}){3}$/gm) ?? [];
  return lines.flatMap((line) => line.trim().split("-"));
}

/** Types the group that is asked for. */
function typeGroup(screen: string): string {
  const [, number = ""] = /Type group (\d) of 8 \(not shown\): $/.exec(screen) ?? [];
  return `${groupsOn(screen)[Number(number) - 1]?.toLowerCase()}\r`;
}

test(
  "recovery create shows the key on the terminal alone, and keeps it once a group is typed back",
  options,
  () =>
    withSession(async (session) => {
      await session.run("printf s3cret | aivault secrets create A --value-file -");
      const { screen, exitCode } = await converse(
        session,
        "aivault recovery create > printed",
        ["(not shown): ", "nothing\r"],
        ["That is not the group.", ""],
        // An arrow is no character, and no reason to throw the key away.
        ["(not shown): ", "\u001b[A"],
        ["That is not the group.", ""],
        ["(not shown): ", typeGroup],
      );
      assert.equal(exitCode, 0, screen);
      const groups = groupsOn(screen);
      assert.equal(groups.length, 8);
      const { stdout } = await session.run("cat printed");
      assert.equal(stdout, "made a recovery key\n");
      // What was shown is the key, and it is taken where nothing is shown.
      await rm(join(session.home, ".aivault/keys/kek.key"));
      const used = await converse(
        session,
        "aivault recovery use",
        ["Recovery key (not shown): ", `${groups.join(" ")}\r`],
      );
      assert.equal(used.exitCode, 0, used.screen);
      assert.ok(!groups.some((group) => used.screen.includes(group)));
      assert.equal(await valueOf(session, "A"), "s3cret");
    }),
);

test(
  "recovery create says that the key on the terminal opens nothing if another process was quicker",
  options,
  () =>
    withSession(async (session) => {
      const { env, directory: cwd } = session;
      const typeLate = (screen: string): string => {
        execFileSync("sh", ["-c", "aivault recovery create --print >quick"], {
          cwd,
          env: { ...process.env, ...env },
          stdio: "ignore",
        });
        return typeGroup(screen);
      };
      const line = "NO_COLOR=1 aivault recovery create";
      const { screen, exitCode } = await converse(session, line, [
        "(not shown): ",
        typeLate,
      ]);
      assert.equal(exitCode, 5);
      assert.ok(
        screen.endsWith(
          "aivault: make a recovery key: there is a recovery key already\n" +
            "hint: nothing was changed; to make that one useless, add --replace\n" +
            "hint: the recovery key that was shown opens nothing: throw it away\n",
        ),
        screen,
      );
    }),
);

test(
  "recovery create keeps nothing if no group is typed back",
  options,
  () =>
    withSession(async (session) => {
      const wrong: Exchange[] = ["a", "b", "c"].map((key) => ["(not shown): ", `${key}\r`]);
      const failed = await converse(session, "aivault recovery create", ...wrong);
      assert.equal(failed.exitCode, 2);
      assert.match(failed.screen, /make a recovery key: it was not confirmed\n/);
      const cancelled = await converse(
        session,
        "aivault recovery create",
        ["(not shown): ", "\x03"],
      );
      assert.equal(cancelled.exitCode, 2);
      const { stdout } = await session.run("aivault status | grep recovery");
      assert.equal(stdout, "recovery  no recovery key\n");
    }),
);
