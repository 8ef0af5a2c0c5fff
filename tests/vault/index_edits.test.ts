/**
 * An index of names that was edited, so that a name leads to another secret: it is refused, not followed.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import type { Scope, UseContext } from "../../lib/vault/secrets/scope.ts";
import { withDirectory } from "../helpers/program.ts";
import { run, type SqlValue, withRaw } from "../helpers/raw_database.ts";
import { initVault, openVault, sqliteStore, utf8 } from "../helpers/vaults.ts";

const IN_W: Scope = { kind: "workspace", workspaceId: "W" };
const GROUP = { workspaceId: "W", groupId: "G" };

/** The scope of a row of the index. */
type Row = readonly [kind: string, workspaceId: string, groupId: string];

interface Case {
  readonly what: string;
  readonly name?: string;
  /** To whom the secret belongs that the name is made to lead to. */
  readonly victim: Scope;
  /** The scope in which the name leads to it. */
  readonly row: Row;
  /** Where the name is used, so that without a check the victim's value would be lent. */
  readonly context: UseContext;
}

const CASES: readonly Case[] = [
  {
    what: "a workspace's name that leads to a global secret",
    victim: { kind: "global" },
    row: ["workspace", "W", ""],
    context: { workspaceId: "W" },
  },
  {
    what: "a workspace's name that leads to a global secret of the same name",
    name: "VICTIM",
    victim: { kind: "global" },
    row: ["workspace", "W", ""],
    context: { workspaceId: "W" },
  },
  {
    what: "a group's name that leads to a secret of its workspace",
    victim: IN_W,
    row: ["group", "W", "G"],
    context: GROUP,
  },
  {
    what: "a name of another scope that leads to a secret which is attached to the group",
    victim: IN_W,
    row: ["workspace", "elsewhere", ""],
    context: GROUP,
  },
];

for (const { what, name = "HARMLESS", victim, row, context } of CASES) {
  test(`use() and show() refuse ${what}`, async () => {
    await withDirectory(async (directory) => {
      const vault = await initVault({ store: await sqliteStore(directory) });
      const { id } = await vault.create({ name: "VICTIM", value: utf8("v"), scope: victim });
      await vault.attachGroup(id, GROUP);
      await vault.close();
      const values: SqlValue[] = [...row, name, 0, id];
      withRaw(
        join(directory, "vault.db"),
        (raw) => run(raw, "insert into secret_names values (?, ?, ?, ?, ?, ?)", ...values),
      );
      const reopened = await openVault({ store: await sqliteStore(directory) });
      const lend = () => assert.fail("the victim's value was lent");
      await assert.rejects(reopened.use(name, context, lend), { code: "INTEGRITY" });
      const [kind, workspaceId, groupId] = row;
      const scope: Scope = kind === "group"
        ? { kind, workspaceId, groupId }
        : { kind: "workspace", workspaceId };
      await assert.rejects(reopened.show(name, { scope }), { code: "INTEGRITY" });
      await assert.rejects(reopened.delete(name, { scope }), { code: "INTEGRITY" });
      // The secret itself is as it was.
      await reopened.use("VICTIM", GROUP, (value) => assert.deepEqual(value, utf8("v")));
      await reopened.close();
    });
  });
}
