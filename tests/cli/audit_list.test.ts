/** `aivault audit`: what happened, newest first, as much of it as is asked for. */
import assert from "node:assert/strict";
import test from "node:test";
import { type Session, withSession } from "../helpers/session.ts";
import { valueOf } from "./vault_of.ts";

const options = { timeout: 120_000 };
const env = { AIVAULT_DIR: "<dir>/vault" };

interface Event {
  readonly seq: number;
  readonly kind: string;
  readonly recordedAtMs: number;
  readonly secretId: string | null;
}

async function events(session: Session, flags = ""): Promise<Event[]> {
  return (await session.json(`aivault audit --json ${flags}`) as { events: Event[] }).events;
}

test(
  "audit lists an event for everything that happened, newest first",
  options,
  () =>
    withSession(async (session) => {
      const { run, check } = session;
      await run("aivault init");
      await run("aivault secrets create A --value v");
      await run("aivault secrets update A --alias B");
      await run("aivault secrets attach-group A --workspace-id w --group-id g");
      await run("aivault secrets detach-group A --workspace-id w --group-id g");
      await run("aivault secrets rotate A --value w");
      await valueOf(session, "A");
      await assert.rejects(valueOf(session, "A", { workspaceId: "w", groupId: "g" }));
      await run("aivault rotate-master");
      await run("aivault secrets delete A");
      // What fails or only looks is no event.
      await run("aivault secrets delete A");
      await run("aivault secrets list");
      await check(`
      $ aivault audit
      SEQ  TIME                  EVENT                SECRET                                SCOPE   NOTE
      10   <time>  secret.delete        <id>  global
      9    <time>  vault.rotate-master  -                                     -       file to file
      8    <time>  secret.use.denied    <id>  global  in group w/g; context
      7    <time>  secret.use           <id>  global  in global
      6    <time>  secret.rotate        <id>  global
      5    <time>  secret.detach-group  <id>  global  group w/g
      4    <time>  secret.attach-group  <id>  global  group w/g
      3    <time>  secret.update        <id>  global
      2    <time>  secret.create        <id>  global
      1    <time>  vault.init           -                                     -       file
    `);
    }, env),
);

test(
  "audit gives 50 events, or as many as --limit says, before the time that is given",
  options,
  () =>
    withSession(async (session) => {
      const lines = Array.from({ length: 60 }, (_, index) => `S${index}=v\n`).join("");
      await session.run("aivault secrets import --entry-file -", lines);
      await session.run("aivault secrets delete S0");
      const seqs = async (flags?: string) => (await events(session, flags)).map(({ seq }) => seq);
      assert.deepEqual(await seqs(), Array.from({ length: 50 }, (_, index) => 62 - index));
      assert.deepEqual(await seqs("--limit 3"), [62, 61, 60]);
      assert.equal((await seqs("--limit 1000000")).length, 62);

      const [deleted, imported] = await events(session, "--limit 2");
      const [deletedAtMs = 0, importedAtMs = 0] = [deleted?.recordedAtMs, imported?.recordedAtMs];
      assert.deepEqual(await seqs(`--limit 1 --before-ts-ms ${deletedAtMs}`), [61]);
      assert.deepEqual(await seqs(`--limit 1 --before-ts-ms ${deletedAtMs + 1}`), [62]);
      assert.deepEqual(await seqs(`--before-ts-ms ${importedAtMs}`), [1], "strictly before");
      assert.deepEqual(await seqs("--before-ts-ms 0"), []);
      await session.check(`
      $ aivault audit --before-ts-ms 0
      no events
    `);
      for (
        const flags of [
          "--limit 0",
          "--limit -1",
          "--limit 1.5",
          "--before-ts-ms -1",
          "--limit 1e3",
        ]
      ) {
        assert.equal((await session.run(`aivault audit ${flags}`)).exitCode, 2, flags);
      }
    }, env),
);
