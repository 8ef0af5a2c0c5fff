/** `aivault secrets attach-group` and `detach-group`: who may use a secret afterwards. */
import assert from "node:assert/strict";
import test from "node:test";
import { withSession } from "../helpers/session.ts";
import { valueOf } from "./vault_of.ts";

const options = { timeout: 120_000 };
const env = { AIVAULT_DIR: "<dir>/vault" };
const group = { workspaceId: "w", groupId: "g" };

test(
  "attach-group lets that group use a global secret, detach-group takes it away",
  options,
  () =>
    withSession(async (session) => {
      await session.run("aivault secrets create A --value v");
      await assert.rejects(valueOf(session, "A", group), { code: "ACCESS_DENIED" });
      await session.check(`
      $ aivault secrets attach-group A --workspace-id w --group-id g
      A is attached to group w/g (<id>)

      $ aivault secrets attach-group A --workspace-id w --group-id g
      A is attached to group w/g (<id>)
    `);
      assert.equal(await valueOf(session, "A", group), "v");
      await assert.rejects(valueOf(session, "A", { workspaceId: "w", groupId: "other" }), {
        code: "ACCESS_DENIED",
      });
      await session.check(`
      $ aivault secrets detach-group A --workspace-id w --group-id g
      A is detached from group w/g (<id>)

      $ aivault secrets detach-group A --workspace-id w --group-id g
      A is detached from group w/g (<id>)
    `);
      await assert.rejects(valueOf(session, "A", group), { code: "ACCESS_DENIED" });
      const { events } = await session.json("aivault audit --json") as {
        events: { kind: string; note: string | null }[];
      };
      const changes = events.filter(({ kind }) => kind.endsWith("-group"));
      assert.deepEqual(changes.map(({ kind, note }) => `${kind}: ${note}`), [
        "secret.detach-group: group w/g",
        "secret.attach-group: group w/g",
      ]);
    }, env),
);

test(
  "attach-group looks a name up globally, or in the workspace or group around it with --scope",
  options,
  () =>
    withSession(async (session) => {
      const created: Record<string, string> = {};
      for (const [kind, flags] of [["global", ""], ["workspace", "--workspace-id w"]]) {
        const line = `aivault secrets create A --value ${kind} ${flags} --json`;
        created[`${kind}`] = (await session.json(line) as { secret: { id: string } }).secret.id;
      }
      const attach = "aivault secrets attach-group A --workspace-id w --group-id g";
      for (const kind of ["global", "workspace"]) {
        const { secret } = await session.json(`${attach} --scope ${kind} --json`) as {
          secret: { id: string };
        };
        assert.equal(secret.id, created[kind]);
      }
      const { secret } = await session.json(`${attach} --json`) as { secret: { id: string } };
      assert.equal(secret.id, created["global"]);
      await session.check(`
      $ ${attach} --scope group
      ! aivault: attach a group to secret "A": there is no such secret in scope group w/g
      ! hint: see what there is: aivault secrets list
      [4]
    `);
    }, env),
);

test(
  "attach-group needs a whole group, and the workspace of a secret that has one",
  options,
  () =>
    withSession(async (session) => {
      const line = "aivault secrets create A --value v --workspace-id w --json";
      const { secret: { id } } = await session.json(line) as { secret: { id: string } };
      for (const change of ["attach", "detach"]) {
        await session.check(`
        $ aivault secrets ${change}-group A --workspace-id w
        ! aivault: ${change} a group: --workspace-id and --group-id are needed
        [2]

        $ aivault secrets ${change}-group A --group-id g
        ! aivault: ${change} a group: --workspace-id and --group-id are needed
        [2]
      `);
      }
      await session.check(`
      $ aivault secrets attach-group ${id} --workspace-id other --group-id g
      ! aivault: attach a group to secret "<id>": the secret belongs to workspace w
      ! hint: only a global secret can be attached to groups of any workspace
      [2]

      $ aivault secrets attach-group ${id} --workspace-id w --group-id ''
      ! aivault: attach a group to secret "<id>": the group id is empty
      [2]
    `);
    }, env),
);
