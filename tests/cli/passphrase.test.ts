/** A passphrase vault without a terminal: from where the passphrase comes, and what a wrong one does. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { passphraseKeyProvider } from "../../providers/mod.ts";
import { runCli } from "../helpers/cli_run.ts";
import { withDirectory } from "../helpers/program.ts";
import { type Session, withSession } from "../helpers/session.ts";
import { KEY_COMMANDS, OTHER_KEY_COMMANDS } from "./key_commands.ts";

const options = { timeout: 200_000 };
const CHEAP = "--argon2-memory 8 --argon2-iterations 1";
const WARNING =
  "! warning: other users can read --passphrase in the list of processes; --passphrase-file - is safer";

/** A session with a vault under `passphrase` that holds the secret A. */
function withPassphraseVault(
  passphrase: string,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  return withSession(async (session) => {
    const init = await session.run(
      `aivault init --provider passphrase ${CHEAP} --passphrase-file -`,
      passphrase,
    );
    assert.equal(init.exitCode, 0, init.stderr);
    const create = await session.run(
      "aivault secrets create A --value v --passphrase-file -",
      passphrase,
    );
    assert.equal(create.exitCode, 0, create.stderr);
    await work(session);
  }, { AIVAULT_DIR: "<dir>/vault" });
}

test(
  "the passphrase comes from a file, standard input, a flag or AIVAULT_PASSPHRASE",
  options,
  () =>
    withPassphraseVault("correct horse", async ({ check, directory }) => {
      await writeFile(join(directory, "file"), "correct horse");
      await writeFile(join(directory, "line"), "correct horse\n");
      await writeFile(join(directory, "crlf"), "correct horse\r\n");
      await check(`
      $ aivault secrets list --passphrase-file file | wc -l
      2

      $ aivault secrets list --passphrase-file line | wc -l
      2

      $ aivault secrets list --passphrase-file crlf | wc -l
      2

      $ printf 'correct horse' | aivault secrets list --passphrase-file - | wc -l
      2

      $ AIVAULT_PASSPHRASE='correct horse' aivault secrets list | wc -l
      2

      $ aivault secrets list --passphrase 'correct horse' | wc -l
      2
      ${WARNING}

      $ AIVAULT_PASSPHRASE=wrong aivault secrets list --passphrase-file file | wc -l
      2

      $ aivault secrets list --passphrase p --passphrase-file file
      ${WARNING}
      ! aivault: unlock the vault: --passphrase and --passphrase-file cannot both be given
      [2]

      $ aivault secrets rotate A --value-file - --passphrase-file - <file
      ! aivault: read the value from standard input: it was read for something else already
      ! hint: give one of the two in a file
      [2]
    `);
    }),
);

/** The newest event, as `audit` prints it. */
async function newestEvent({ json }: Session) {
  const { events } = await json("aivault audit --limit 1 --json") as {
    events: { seq: number; kind: string; note: string | null }[];
  };
  const [event] = events;
  assert.ok(event);
  return event;
}

test(
  "without a passphrase or a terminal every command that needs the key exits 3 and says what to do",
  options,
  () =>
    withPassphraseVault("correct horse", async (session) => {
      for (
        const command of KEY_COMMANDS.filter((line) =>
          !/ (status|lock|audit|audit head)$/.test(line)
        )
      ) {
        const { exitCode, stdout, stderr } = await session.run(command);
        assert.equal(exitCode, 3, `${command}: ${stderr}`);
        assert.equal(stdout, "");
        assert.match(
          stderr,
          /^aivault: unlock the vault: a passphrase is needed, and there is no terminal to ask on\nhint: give it with --passphrase-file <path\|-> or in AIVAULT_PASSPHRASE\n/m,
          command,
        );
      }
      const made = await session.run(
        "AIVAULT_PASSPHRASE='correct horse' aivault backup create vault.bak",
      );
      assert.equal(made.exitCode, 0, made.stderr);
      for (const command of OTHER_KEY_COMMANDS) {
        assert.equal((await session.run(command)).exitCode, 3, command);
      }
      // What needs no key needs no passphrase.
      await session.check(`
      $ aivault status | sed -n '2,3p'
      provider  passphrase (the passphrase)
      state     locked (each command asks for the passphrase)

      $ aivault audit | sed 's/  .*//'
      SEQ
      3
      2
      1

      $ aivault init
      ! aivault: initialise the vault: there is a vault here already
      ! hint: nothing was changed
      ! hint: see it with: aivault status
      [5]
    `);
    }),
);

test(
  "a wrong passphrase exits 6, changes nothing, and is on record",
  options,
  () =>
    withPassphraseVault("correct horse", async (session) => {
      for (
        const command of KEY_COMMANDS.filter((line) =>
          !/ (status|lock|audit|audit head)$/.test(line)
        )
      ) {
        const { exitCode, stdout, stderr } = await session.run(
          `AIVAULT_PASSPHRASE='battery staple' ${command}`,
        );
        assert.equal(exitCode, 6, `${command}: ${stderr}`);
        assert.equal(stdout, "");
        assert.match(stderr, /^aivault: unlock the vault: the passphrase is not this vault's$/m);
        const { events } = await session.json("aivault audit --limit 1 --json") as {
          events: { kind: string }[];
        };
        assert.equal(events[0]?.kind, "vault.unlock.failed", command);
      }
      const right = "AIVAULT_PASSPHRASE='correct horse'";
      assert.equal((await session.run(`${right} aivault backup create vault.bak`)).exitCode, 0);
      for (const command of OTHER_KEY_COMMANDS) {
        const before = await newestEvent(session);
        const { exitCode, stderr } = await session.run(
          `AIVAULT_PASSPHRASE='battery staple' ${command}`,
        );
        assert.equal(exitCode, 6, `${command}: ${stderr}`);
        const { seq, kind, note } = await newestEvent(session);
        assert.deepEqual([seq, kind], [before.seq + 1, "vault.unlock.failed"], command);
        assert.equal(note, command.includes("backup") ? "backup" : null, command);
      }
      await session.check(`
      $ AIVAULT_PASSPHRASE='correct horse' aivault secrets list | sed 's/  .*//'
      NAME
      A
    `);
    }),
);

test(
  "an empty passphrase is refused, wherever it comes from",
  options,
  () =>
    withPassphraseVault("correct horse", async ({ run }) => {
      for (
        const give of ["--passphrase ''", "--passphrase-file /dev/null", "--passphrase-file -"]
      ) {
        for (const command of [`init --provider passphrase ${CHEAP}`, "secrets list"]) {
          const variable = command.startsWith("init") ? "AIVAULT_DIR=$PWD/other " : "";
          const { exitCode, stderr } = await run(`${variable}aivault ${command} ${give}`);
          assert.equal(exitCode, 2, stderr);
          assert.match(stderr, /: the passphrase is empty\n$/);
        }
      }
      const { exitCode } = await run("AIVAULT_PASSPHRASE= aivault secrets list");
      assert.equal(exitCode, 2);
      const rotation = "aivault rotate-master --passphrase 'correct horse' --new-passphrase ''";
      assert.equal((await run(rotation)).exitCode, 2);
      assert.equal((await run("aivault secrets list --passphrase 'correct horse'")).exitCode, 0);
    }),
);

test(
  "the composed and the decomposed form of a passphrase are the same one",
  options,
  () =>
    withPassphraseVault("Ünïcödé".normalize("NFC"), async ({ run }) => {
      const decomposed = "Ünïcödé".normalize("NFD");
      const { exitCode, stderr } = await run(
        "aivault secrets list --passphrase-file -",
        decomposed,
      );
      assert.equal(exitCode, 0, stderr);
      assert.equal((await run("aivault unlock --passphrase-file -", "Unicode")).exitCode, 6);
    }),
);

test(
  "a wrong passphrase exits 6 after one derivation",
  options,
  () =>
    withDirectory(async (directory) => {
      let derivations = 0;
      let passphrase = "correct horse";
      const provider = passphraseKeyProvider(() => {
        derivations++;
        return Promise.resolve(new TextEncoder().encode(passphrase));
      });
      const world = { directory, isDefault: false, platform: "linux", providers: [provider] };
      const init = await runCli(world, "init", "--provider", "passphrase", ...CHEAP.split(" "));
      assert.equal(init.exitCode, 0, init.stderr);
      passphrase = "battery staple";
      derivations = 0;
      assert.equal((await runCli(world, "secrets", "list")).exitCode, 6);
      assert.equal(derivations, 1);
    }),
);
