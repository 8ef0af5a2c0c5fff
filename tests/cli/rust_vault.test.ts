/** A directory of the Rust aivault: no command changes a byte of it. */
import assert from "node:assert/strict";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { snapshot } from "../helpers/files.ts";
import { ROOT } from "../helpers/program.ts";
import { withSession } from "../helpers/session.ts";

const options = { timeout: 120_000 };

const COMMANDS = [
  "aivault status",
  "aivault init",
  "aivault init --provider file",
  "aivault init --provider file --file-path elsewhere.key",
  "AIVAULT_KEY=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= aivault init --provider env",
  "aivault init --provider passphrase --passphrase p",
  "aivault unlock --passphrase p",
  "aivault lock",
  "aivault audit",
  "aivault audit verify",
  "aivault backup restore some.bak",
  "aivault backup restore some.bak --force",
  "aivault doctor",
  "aivault doctor --fix",
  "aivault recovery create --print",
  "aivault recovery use",
  "aivault rotate-master",
  "aivault secrets list",
  "aivault secrets create A --value v",
  "aivault secrets import --entry A=v",
  "aivault secrets delete 11111111-1111-4111-8111-111111111111",
];

for (const kind of ["file-vault", "passphrase-vault"]) {
  for (const place of ["AIVAULT_DIR", "the default place"]) {
    test(
      `no command touches a Rust aivault's ${kind} in ${place}`,
      options,
      () =>
        withSession(async ({ run, directory, home }) => {
          const vault = place === "AIVAULT_DIR"
            ? join(directory, "vault")
            : join(home, ".aivault", "data", "vault");
          await mkdir(join(vault, ".."), { recursive: true });
          await cp(join(ROOT, "tests", "fixtures", "rust-aivault", kind), vault, {
            recursive: true,
          });
          const before = await snapshot(directory);
          const variable = place === "AIVAULT_DIR" ? `AIVAULT_DIR=${vault} ` : "";
          for (const command of COMMANDS) {
            const { exitCode, stdout, stderr } = await run(
              command.replace("aivault ", `${variable}aivault `).replace(
                /^(AIVAULT_KEY=\S+) AIV/,
                "$1 AIV",
              ),
            );
            assert.equal(exitCode, 5, `${command}: ${stderr}`);
            assert.equal(stdout, "");
            assert.ok(stderr.includes(`${vault} holds a vault of the Rust aivault\n`), stderr);
            assert.match(stderr, /^hint: .*migrate/m);
          }
          assert.deepEqual(await snapshot(directory), before);
        }),
    );
  }
}
