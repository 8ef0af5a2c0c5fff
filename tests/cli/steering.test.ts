/** Texts in the database that would steer the terminal they are shown on: no command prints one as it is. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { run, withRaw } from "../helpers/raw_database.ts";
import { withSession } from "../helpers/session.ts";

const STEERING = "\u001b[2J\u009b31m\u202e\u2028\r\u0007\n    at \u001b[2J";
const COMMANDS = [
  "status",
  "secrets list",
  "secrets show A",
  "secrets show A --workspace-id W",
  "secrets delete A",
  "audit",
  "audit verify",
  "audit export",
  "audit head",
  "audit prune --before 2100-01-01",
  "doctor",
  "rotate-master",
  "backup create copy",
  "unlock",
];

/** Columns of texts that are shown, by table, that are edited together. */
const EDITS: readonly (readonly [table: string, ...columns: string[]])[] = [
  ["secret_names", "name"],
  ["secret_names", "workspace_id"],
  ["audit", "kind", "actor", "secret_name", "scope", "context", "note"],
  ["audit", "secret_id"],
  ["attached_groups", "workspace_id", "group_id"],
  ["secrets", "scope_kind", "workspace_id", "pinned_provider", "kek_id"],
  ["vault", "provider"],
];

test("no command prints a text of the database that would steer a terminal", {
  timeout: 300_000,
}, () =>
  withSession(async (session) => {
    await session.json("aivault init --json");
    await session.run("printf 'A=a\nB=b\n' | aivault secrets import --entry-file -");
    await session.run("aivault secrets attach-group A --workspace-id W --group-id G");
    const database = "home/.aivault/data/vault/vault.db";
    await session.run("cp -a home template");
    for (const [table, ...columns] of EDITS) {
      await session.run("rm -rf home copy && cp -a template home");
      withRaw(join(session.directory, database), (raw) => {
        raw.exec("pragma foreign_keys = off");
        for (const column of columns) {
          // In JSON it stands as an escape, which is read as the characters themselves.
          const json = JSON.stringify(STEERING).slice(1, -1);
          const edited = `iif(json_valid(${column}), replace(${column}, 'kek', ?), ${column} || ?)`;
          assert.notEqual(run(raw, `update ${table} set ${column} = ${edited}`, json, STEERING), 0);
        }
      });
      for (const command of COMMANDS) {
        const { stdout, stderr } = await session.run(`AIVAULT_DEBUG=1 aivault ${command}`);
        const seen = /[^\P{Cc}\n]|[\p{Zl}\p{Zp}\p{Bidi_Control}]/u.exec(stdout + stderr);
        assert.equal(seen, null, `${command} after an edit of ${table}`);
      }
    }
  }));
