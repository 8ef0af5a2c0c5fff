/** Auto-initialisation: any command that needs the vault makes it, where and how the documentation says. */
import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { listFiles, snapshot } from "../helpers/files.ts";
import { withSession } from "../helpers/session.ts";

const onMac = process.platform === "darwin" ? "this machine has a Keychain" : false;
const options = { timeout: 200_000 };

/** Commands that need the vault, and how each ends on a new one. */
const NEEDS_VAULT: readonly [line: string, exitCode: number][] = [
  ["aivault status", 0],
  ["aivault unlock", 0],
  ["aivault lock", 0],
  ["aivault audit", 0],
  ["aivault audit head", 0],
  ["aivault audit verify", 0],
  ["aivault audit export --jsonl", 0],
  ["aivault recovery create --print", 0],
  ["aivault rotate-master", 0],
  ["aivault secrets list", 0],
  ["aivault secrets create A --value v", 0],
  ["aivault secrets import --entry A=v", 0],
  ["aivault secrets show A", 4],
  ["aivault secrets update A --name B", 4],
  ["aivault secrets rotate A --value v", 4],
  ["aivault secrets delete A", 4],
  ["aivault secrets attach-group A --workspace-id w --group-id g", 4],
  ["aivault secrets detach-group A --workspace-id w --group-id g", 4],
];

test(
  "a command that needs the vault makes it in ~/.aivault, with its key outside the vault's directory",
  { ...options, skip: onMac },
  async () => {
    for (const [line, expected] of NEEDS_VAULT) {
      await withSession(async ({ run, home }) => {
        const { exitCode, stderr } = await run(line);
        assert.equal(exitCode, expected, `${line}: ${stderr}`);
        const place = join(home, ".aivault");
        const said =
          `initialised a vault in ${place}/data/vault; its key is in key file ${place}/keys/kek.key\n`;
        assert.ok(stderr.includes(said), `${line}: ${stderr}`);
        assert.deepEqual(await listFiles(home), [
          "700 .aivault/",
          "700 .aivault/data/",
          "700 .aivault/data/vault/",
          "600 .aivault/data/vault/vault.db",
          "700 .aivault/keys/",
          "600 .aivault/keys/kek.key",
        ]);
        assert.match(await readFile(`${place}/keys/kek.key`, "utf8"), /^[A-Za-z0-9+/]{43}=\n?$/);
        const again = await run("aivault status --json");
        assert.equal(again.exitCode, 0);
        assert.equal(again.stderr, "", "made once");
      });
    }
  },
);

test(
  "with AIVAULT_DIR the vault and its key are there, and nothing is in the home",
  options,
  () =>
    withSession(async ({ check, directory, home }) => {
      await check(`
      $ AIVAULT_DIR=deep/er/vault aivault secrets create A --value-file - </etc/hostname >/dev/null; AIVAULT_DIR=deep/er/vault aivault secrets list >/dev/null
      ! initialised a vault in <dir>/deep/er/vault; its key is in key file <dir>/deep/er/vault/kek.key
      ! warning: the value ends with a newline, which is kept; printf %s writes none
    `);
      assert.deepEqual(await listFiles(join(directory, "deep")), [
        "700 er/",
        "700 er/vault/",
        "600 er/vault/kek.key",
        "600 er/vault/vault.db",
      ]);
      assert.deepEqual(await listFiles(home), []);
    }),
);

test(
  "what does not need the vault, or cannot be understood, makes none",
  options,
  () =>
    withSession(async ({ run, home, directory }) => {
      const lines = [
        "aivault",
        "aivault --help",
        "aivault --version",
        "aivault help secrets create",
        "aivault secrets",
        "aivault secrets create --help",
        "aivault nonsense",
        "aivault status --nonsense",
        "aivault secrets show",
        "aivault secrets create A --workspace-id w --scope global --value v",
        "aivault secrets update A",
        "aivault rotate-master --new-key x --new-passphrase y",
      ];
      for (const line of lines) await run(line);
      assert.deepEqual(await listFiles(home), []);
      assert.deepEqual((await listFiles(directory)).filter((file) => file.includes("vault")), [
        "755 bin/aivault",
      ]);
    }),
);

test(
  "a living key is adopted when the vault is lost, and not a byte of it changes",
  options,
  () =>
    withSession(async ({ check, run, directory }) => {
      await run("aivault secrets create A --value v");
      const before = (await snapshot(directory))["vault/kek.key"];
      await rm(join(directory, "vault", "vault.db"));
      await check(`
      $ aivault secrets list
      no secrets
      ! initialised a vault in <dir>/vault; adopted the key in key file <dir>/vault/kek.key
    `);
      assert.equal((await snapshot(directory))["vault/kek.key"], before);
    }, { AIVAULT_DIR: "<dir>/vault" }),
);

test(
  "a key that cannot be read is not replaced, and no vault is made",
  options,
  () =>
    withSession(async ({ run, directory }) => {
      const place = join(directory, "vault");
      await mkdir(place, { mode: 0o700 });
      const unusable: [content: string, mode: number][] = [["hunter2", 0o600], ["", 0o600], [
        "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        0o644,
      ]];
      for (const [content, mode] of unusable) {
        await writeFile(join(place, "kek.key"), content, { mode });
        const before = await snapshot(place);
        const { exitCode, stderr } = await run("aivault secrets list");
        assert.equal(exitCode, 8, stderr);
        assert.deepEqual(await snapshot(place), before);
        await rm(join(place, "kek.key"));
      }
    }, { AIVAULT_DIR: "<dir>/vault" }),
);

test(
  "twenty processes at once in an empty directory end with one vault, one key and twenty secrets",
  options,
  () =>
    withSession(async ({ run, json, directory }) => {
      const names = Array.from({ length: 20 }, (_, index) => `S${index}`);
      const runs = await Promise.all(
        names.map((name) =>
          run(`printf %s ${name} | aivault secrets create ${name} --value-file -`)
        ),
      );
      for (const { exitCode, stderr } of runs) assert.equal(exitCode, 0, stderr);
      const makers = runs.filter(({ stderr }) => stderr.includes("initialised a vault"));
      assert.equal(makers.length, 1);
      const { secrets } = await json("aivault secrets list --json") as {
        secrets: { name: string }[];
      };
      assert.deepEqual(secrets.map(({ name }) => name).sort(), names.sort());
      const { events } = await json("aivault audit --json") as { events: { kind: string }[] };
      assert.equal(events.filter(({ kind }) => kind === "vault.init").length, 1);
      assert.equal(events.length, 21);
      assert.deepEqual(await listFiles(join(directory, "vault")), ["600 kek.key", "600 vault.db"]);
    }, { AIVAULT_DIR: "<dir>/vault" }),
);

test(
  "a path that leads in a circle, or is too long, is named so, and no vault is made",
  options,
  () =>
    withSession(async ({ run, directory, home }) => {
      await run("ln -s loop loop");
      const long = "l".repeat(300);
      for (
        const [path, problem] of [
          ["loop", "symbolic links lead in a circle"],
          [long, "the path is too long"],
        ]
      ) {
        const { exitCode, stderr } = await run(`AIVAULT_DIR=<dir>/${path} aivault status`);
        assert.equal(stderr, `aivault: look at ${directory}/${path}/vault.db: ${problem}\n`);
        assert.equal(exitCode, 74);
      }
      assert.deepEqual(await listFiles(home), []);
    }),
);
