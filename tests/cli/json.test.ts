/** `--json`: one document on standard output, with stable names, whether the command succeeds or fails. */
import assert from "node:assert/strict";
import test from "node:test";
import { withAgents } from "../helpers/agents.ts";
import { withSession } from "../helpers/session.ts";

const options = { timeout: 200_000 };
const env = { AIVAULT_DIR: "<dir>/vault" };

/** Every place in a document, as its path and what is there. */
function places(value: unknown, path = ""): [path: string, value: unknown][] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  const inside = Array.isArray(value)
    ? value.map((item): [string, unknown] => [`${path}[]`, item])
    : Object.entries(value).map(([name, item]): [string, unknown] => [`${path}.${name}`, item]);
  return inside.flatMap(([below, item]) => places(item, below));
}

/** The names of a document's fields, each once. */
function fieldsOf(document: unknown): string[] {
  return [...new Set(places(document).map(([path]) => path.replace(/^\./, "")))].sort();
}

function checkNames(document: unknown, line: string): void {
  for (const [path, value] of places(document)) {
    for (const name of path.split(".").slice(1)) {
      assert.match(name, /^[a-z][A-Za-z0-9]*(\[\])*$/, line);
    }
    // Nothing else is as large as the milliseconds since 1970.
    if (typeof value === "number" && value > 1e12) assert.match(path, /AtMs$/, line);
  }
}

const secret = [
  "aliases",
  "attachedGroups",
  "createdAtMs",
  "expiresAtMs",
  "groupId",
  "id",
  "name",
  "pinnedProvider",
  "ref",
  "scope",
  "updatedAtMs",
  "valueVersion",
  "workspaceId",
];

/** Fields of a secret below `prefix`, without those of empty lists. */
const secretFields = (prefix: string, ...more: string[]): string[] => {
  const fields = [...secret.filter((name) => !/aliases|attachedGroups/.test(name)), ...more];
  return fields.map((name) => `${prefix}.${name}`).sort();
};

const SUCCESSES: readonly [line: string, fields: readonly string[]][] = [
  ["init", ["adopted", "directory", "key", "provider"]],
  ["secrets create A --value v", secretFields("secret")],
  [
    "secrets update A --alias B --expires-at 2040-01-01",
    secretFields("secret", "aliases[]"),
  ],
  [
    "secrets attach-group A --workspace-id w --group-id g",
    secretFields("secret", "aliases[]", "attachedGroups[].groupId", "attachedGroups[].workspaceId"),
  ],
  ["secrets detach-group A --workspace-id w --group-id g", secretFields("secret", "aliases[]")],
  ["secrets rotate A --value w", secretFields("secret", "aliases[]")],
  ["secrets show A", secretFields("secret", "aliases[]", "lastUsedAtMs")],
  ["secrets import --entry C=v", secretFields("secrets[]")],
  ["secrets list", secretFields("secrets[]", "aliases[]")],
  ["secrets delete A", ["deleted"]],
  [
    "status",
    [
      "auditSeq",
      "createdAtMs",
      "directory",
      "kekId",
      "provider.path",
      "provider.type",
      "secrets",
      "state",
      "vaultId",
    ],
  ],
  [
    "audit",
    [
      "events[].actor",
      "events[].context",
      "events[].kind",
      "events[].mac",
      "events[].note",
      "events[].recordedAtMs",
      "events[].scope",
      "events[].secretId",
      "events[].seq",
      "events[].stateDigest",
    ],
  ],
  ["rotate-master", ["kekId", "provider", "secrets"]],
  ["unlock", []],
  ["lock", []],
  ["--version", ["commit", "engine", "runtime", "version"]],
];

test(
  "--json gives one document with the documented fields for every command",
  options,
  () =>
    withAgents(async ({ run }) => {
      for (const [line, fields] of SUCCESSES) {
        const { exitCode, stdout, stderr } = await run(`aivault ${line} --json`);
        assert.equal(exitCode, 0, `${line}: ${stderr}`);
        const document = JSON.parse(stdout);
        assert.ok(stdout.endsWith("}\n"), line);
        checkNames(document, line);
        const found = fieldsOf(document);
        for (const field of fields) {
          assert.ok(found.includes(field), `${line}: ${field} in ${found}`);
        }
      }
    }, env),
);

const FAILURES: readonly [line: string, code: string, exitCode: number][] = [
  ["secrets show NONE", "NOT_FOUND", 4],
  ["secrets delete 11111111-1111-4111-8111-111111111111", "NOT_FOUND", 4],
  ["secrets create A --value v", "ALREADY_EXISTS", 5],
  ["init", "ALREADY_EXISTS", 5],
  ["secrets create B", "INVALID_INPUT", 2],
  ["secrets create B v", "INVALID_INPUT", 2],
  ["secrets import --entry B", "INVALID_INPUT", 2],
  ["rotate-master --new-key x", "INVALID_INPUT", 2],
  ["audit --limit x", "INVALID_INPUT", 2],
  ["status --nonsense", "INVALID_INPUT", 2],
  ["nonsense", "INVALID_INPUT", 2],
  ["secrets nonsense", "INVALID_INPUT", 2],
];

test(
  "--json gives one document with code, message, hints and exit code for every failure",
  options,
  () =>
    withSession(async ({ run }) => {
      await run("aivault secrets create A --value v");
      const check = async (line: string, code: string, exitCode: number): Promise<void> => {
        const people = await run(line);
        const programs = await run(`${line} --json`);
        const { error, ...rest } = JSON.parse(programs.stdout);
        checkNames({ error }, line);
        assert.deepEqual(fieldsOf({ ...error, hints: "" }), [
          "code",
          "exitCode",
          "hints",
          "message",
        ]);
        assert.equal(error.code, code, line);
        assert.equal(error.exitCode, exitCode, line);
        assert.deepEqual([people.exitCode, programs.exitCode], [exitCode, exitCode], line);
        // People get the same words, and programs that read the other stream as well.
        assert.equal(people.stderr, programs.stderr, line);
        assert.ok(people.stderr.includes(`aivault: ${error.message}\n`), line);
        for (const hint of error.hints) assert.ok(people.stderr.includes(`hint: ${hint}\n`), line);
        if (people.stdout === "") assert.deepEqual(rest, {}, line);
      };
      for (const [line, code, exitCode] of FAILURES) await check(`aivault ${line}`, code, exitCode);
      await run("mv vault/kek.key .");
      await check("aivault secrets list", "KEY_MISSING", 8);
      // What can be said is said all the same.
      await check("aivault status", "KEY_MISSING", 8);
      const { stdout } = await run("aivault status --json");
      assert.equal(JSON.parse(stdout).state, "unavailable");
      await run("head -c 32 /dev/zero | base64 > vault/kek.key; chmod 600 vault/kek.key");
      await check("aivault secrets list", "WRONG_KEY", 6);
      await run("rm vault/kek.key; mv kek.key vault; echo damaged > vault/vault.db");
      await check("aivault secrets list", "INTEGRITY", 7);
    }, env),
);

test(
  "--json leaves nothing in its document that would steer a terminal",
  options,
  () =>
    withSession(async ({ run }) => {
      const { exitCode, stdout, stderr } = await run(
        `aivault secrets show "$(printf 'a\\302\\233\\342\\200\\256b\\033[31m')" --json`,
      );
      assert.equal(exitCode, 4);
      assert.equal(
        JSON.parse(stdout).error.message,
        'show secret "a\u009b\u202eb\\u001b[31m": there is no such secret in scope global',
      );
      assert.doesNotMatch(stdout.replaceAll("\n", ""), /[\p{Cc}\p{Bidi_Control}]/u);
      assert.doesNotMatch(stderr.replaceAll("\n", ""), /[\p{Cc}\p{Bidi_Control}]/u);
    }, env),
);

test(
  "--json where it is the value of a flag, or a name, asks for no document",
  options,
  () =>
    withSession(async ({ check, run }) => {
      await run("aivault init");
      await check(`
      $ printf v | aivault secrets create --name --json --value-file -
      created --json in scope global (<id>)

      $ aivault secrets show --id --json | head -1
      name       --json

      $ aivault secrets delete -- --json
      deleted --json (<id>)

      $ aivault secrets delete -- --json
      ! aivault: delete secret "--json": there is no such secret in scope global
      ! hint: see what there is: aivault secrets list
      [4]

      $ aivault secrets list --json -- | head -1
      {
    `);
      const { stdout } = await run("aivault secrets show --json -- --json");
      assert.equal(JSON.parse(stdout).error.code, "NOT_FOUND");
    }, env),
);
