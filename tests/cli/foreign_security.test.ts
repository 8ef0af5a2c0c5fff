/** A command named `security` that somebody has put in the way: it is not run, for the key would be handed to it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { withSession } from "../helpers/session.ts";

test(
  "the Keychain's command is taken from /usr/bin, and never from PATH or the working directory",
  {
    skip: process.platform === "darwin" ? "on macOS the real one would be asked" : false,
    timeout: 120_000,
  },
  () =>
    withSession(async (session) => {
      const seen = join(session.directory, "seen");
      for (const place of ["bin", "."]) {
        const path = join(session.directory, place, "security");
        await writeFile(path, `#!/bin/sh\necho "$@" >> '${seen}'\ncat >> '${seen}'\nexit 44\n`);
        await chmod(path, 0o755);
      }
      // The session's bin stands first in PATH.
      assert.equal(
        (await session.run("command -v security")).stdout.trim().endsWith("/bin/security"),
        true,
      );
      const { exitCode, stderr } = await session.run("aivault init --provider macos-keychain");
      assert.equal(exitCode, 8, stderr);
      assert.match(stderr, /there is no \/usr\/bin\/security, so this is not macOS/);
      assert.equal(existsSync(seen), false);
    }),
);
