/** Nothing ever prints a value, a passphrase or a key, nor stores one in the clear: every command, right and wrong. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import test from "node:test";
import { encodingsOf, holdsSecret } from "../helpers/encodings.ts";
import { withAgents } from "../helpers/agents.ts";
import type { Session } from "../helpers/session.ts";
import { valueOf } from "./vault_of.ts";

const options = { timeout: 280_000 };

/** Recognisable secrets; each is used in its own way. */
const V = {
  pipe: "sk-Pq7xV1-given-on-a-pipe",
  file: "sk-Fz9kW2-given-in-a-file",
  flag: "sk-Gm4tX3-given-by-a-flag",
  next: "sk-Nn6rY4-given-to-rotate",
  entry: "sk-En2wZ5-given-by-entry",
  line: "sk-Lq8vA6-given-on-a-line",
  stray: "sk-Ss3uB7-given-in-a-wrong-place",
  passphrase: "Pp5yC8 the right passphrase",
  newPassphrase: "Np1hD9 the next passphrase",
  wrong: "Ww7jE0 the wrong passphrase",
};
const KEY = Buffer.from("Kk4bF1 the key of 32 bytes it is").toString("base64");
const NEW_KEY = Buffer.from("Ll8nG2 the next key of 32 bytes!").toString("base64");
const SECRETS = [...Object.values(V), KEY, NEW_KEY].flatMap((text) =>
  text === KEY || text === NEW_KEY ? [text, Buffer.from(text, "base64").toString()] : [text]
);

/** What works, in this order, on a vault whose key is in a variable. */
const RIGHT = [
  `aivault init --provider env --env-var AIVAULT_KEY`,
  `printf %s '${V.pipe}' | aivault secrets create PIPE --value-file -`,
  `printf %s '${V.file}' > value; aivault secrets create FILE --value-file value --alias F`,
  `aivault secrets create FLAG --value '${V.flag}' --workspace-id w`,
  `printf %s '${V.next}' | aivault secrets rotate PIPE --value-file -`,
  `aivault secrets import --entry 'ENTRY=${V.entry}' --workspace-id w`,
  `printf 'LINE=${V.line}\\n' | aivault secrets import --entry-file -`,
  `aivault secrets update F --name FILE2`,
  `aivault secrets attach-group PIPE --workspace-id w --group-id g`,
  `aivault secrets detach-group PIPE --workspace-id w --group-id g`,
  `aivault secrets show PIPE`,
  `aivault secrets list`,
  `aivault status`,
  `aivault unlock`,
  `aivault lock`,
  `aivault audit`,
  `aivault secrets delete FLAG --workspace-id w`,
  `aivault rotate-master --new-key '${NEW_KEY}'`,
  `AIVAULT_KEY='${NEW_KEY}' aivault rotate-master --new-passphrase '${V.passphrase}'`,
  `printf %s '${V.passphrase}' | aivault secrets list --passphrase-file -`,
  `AIVAULT_PASSPHRASE='${V.passphrase}' aivault unlock`,
  `aivault agent status`,
  `aivault secrets list`,
  `aivault lock`,
  `aivault rotate-master --passphrase '${V.passphrase}' --new-passphrase '${V.newPassphrase}'`,
  `aivault secrets list --passphrase '${V.newPassphrase}'`,
];

/** What fails: secrets that are wrong, misspelt flags, and secrets where none belongs. */
const WRONG = [
  `aivault secrets list --passphrase '${V.wrong}'`,
  `AIVAULT_PASSPHRASE='${V.wrong}' aivault unlock`,
  `printf %s '${V.wrong}' | aivault secrets show PIPE --passphrase-file -`,
  `aivault secrets create PIPE --value '${V.stray}' --passphrase '${V.newPassphrase}'`,
  `aivault secrets import --entry '${V.stray}' --passphrase '${V.newPassphrase}'`,
  `printf 'A=${V.line}\\n${V.stray}\\n' | aivault secrets import --entry-file - --passphrase '${V.newPassphrase}'`,
  `aivault rotate-master --passphrase '${V.newPassphrase}' --new-key '${KEY}'`,
  `aivault rotate-master --passphrase '${V.newPassphrase}' --new-key '${V.stray}'`,
  `aivault rotate-master --new-key '${KEY}' --new-passphrase '${V.stray}'`,
  `AIVAULT_KEY='${V.stray}' AIVAULT_DIR=$PWD/other aivault init --provider env`,
  `aivault init --provider '${V.stray}'`,
  `AIVAULT_DIR=$PWD/other aivault init --provider '${V.stray}'`,
  `AIVAULT_DIR=$PWD/other aivault init --provider env --env-var '${V.stray}'`,
  `AIVAULT_DIR=$PWD/other aivault init --provider passphrase --argon2-memory '${V.stray}' --passphrase '${V.wrong}'`,
  `AIVAULT_DIR=$PWD/other aivault init --provider file --passphrase '${V.stray}'`,
  `aivault '${V.stray}'`,
  `aivault secrets '${V.stray}'`,
  `aivault status '${V.stray}'`,
  `aivault audit '${V.stray}'`,
  `aivault help '${V.stray}'`,
  `aivault agent '${V.stray}'`,
  `aivault agent status '${V.stray}'`,
  `aivault unlock --max-age '${V.stray}'`,
  `aivault unlock --idle-timeout '${V.stray}'`,
  `aivault secrets create A '${V.stray}'`,
  `aivault secrets rotate A '${V.stray}'`,
  `aivault secrets create A --value '${V.stray}' --value-file value`,
  `aivault secrets create A --value-file '${V.stray}' --passphrase '${V.newPassphrase}'`,
  `aivault secrets list --passphrase-file '${V.stray}'`,
  `aivault secrets create A --valu '${V.stray}'`,
  `aivault secrets create A --valu='${V.stray}'`,
  `aivault secrets list --value='${V.stray}'`,
  `aivault secrets create A -v '${V.stray}'`,
  `aivault secrets create A -v'${V.stray}'`,
  `aivault secrets create A --scope '${V.stray}'`,
  `aivault secrets create A --expires-at '${V.stray}'`,
  `aivault audit --limit '${V.stray}'`,
  `aivault audit --before-ts-ms '${V.stray}'`,
  `aivault audit verify --head '${V.stray}'`,
  `aivault audit prune --before '${V.stray}'`,
  `aivault audit export '${V.stray}'`,
  `aivault backup verify value --key-file '${V.stray}'`,
  `aivault recovery use --recovery-key-file '${V.stray}'`,
  `aivault recovery use --provider '${V.stray}'`,
  `aivault secrets import --entry-file '${V.stray}' --passphrase '${V.newPassphrase}'`,
  `aivault rotate-master --new-key-file '${V.stray}' --passphrase '${V.newPassphrase}'`,
  `aivault rotate-master --new-passphrase-file '${V.stray}' --passphrase '${V.newPassphrase}'`,
  `aivault --value '${V.stray}' secrets create A`,
];

test(
  "nothing prints a value, a passphrase or a key, nor stores one in the clear",
  options,
  () =>
    withAgents(async (session) => {
      let held: DatabaseSync | undefined;
      try {
        for (const line of RIGHT) {
          await checkSilent(session, line, 0);
          // With a connection open elsewhere the write-ahead log stays, with all that was ever written.
          held ??= new DatabaseSync(join(session.directory, "vault", "vault.db"));
          held.prepare("select count(*) from secrets").get();
        }
        assert.equal(
          await valueOf(session, "PIPE", {}, { passphrase: V.newPassphrase }),
          V.next,
          "the values were the ones looked for",
        );
        for (const line of WRONG) await checkSilent(session, line, undefined);
        for (const name of ["vault.db", "vault.db-wal"]) {
          const content = await readFile(join(session.directory, "vault", name));
          assert.ok(content.includes("vault.unlock.failed") || name === "vault.db");
          for (const secret of SECRETS) {
            assert.ok(!holdsSecret(content, secret), `${name} holds ${secret}`);
          }
        }
      } finally {
        held?.close();
      }
    }, { AIVAULT_DIR: "<dir>/vault", AIVAULT_KEY: KEY }),
);

/** Runs a line as it is or, if it is to fail, with every switch that makes it say more. */
async function checkSilent(session: Session, line: string, exitCode?: number): Promise<void> {
  const louder = line.replace(/aivault ([^|]*)$/, "AIVAULT_DEBUG=1 aivault $1 --json");
  for (const command of [exitCode === 0 ? line : louder]) {
    const run = await session.run(command);
    if (exitCode === 0) assert.equal(run.exitCode, 0, `${command}\n${run.stderr}`);
    else assert.notEqual(run.exitCode, 0, command);
    assert.notEqual(run.exitCode, 1, `${command}\n${run.stderr}`);
    for (const secret of SECRETS) {
      const printed = run.stdout + run.stderr;
      assert.ok(!holdsSecret(printed, secret), `${command}\nprints ${secret}:\n${printed}`);
    }
  }
}

test("encodingsOf() finds a secret wherever it stands in what is encoded", () => {
  for (const before of ["", "a", "ab", "abc"]) {
    for (const after of ["", "x", "xy"]) {
      const text = Buffer.from(before + V.pipe + after);
      for (const encoding of ["utf8", "hex", "base64", "base64url"] as const) {
        assert.ok(holdsSecret(text.toString(encoding), V.pipe), `${encoding} ${before} ${after}`);
      }
    }
  }
  assert.ok(encodingsOf(V.pipe).every((text) => text.length >= 30 || text === V.pipe));
  assert.equal(holdsSecret("something else", V.pipe), false);
});
