/** examples/script: a program of the user's own uses a secret of the vault that the command line has made. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { join } from "node:path";
import test from "node:test";
import { unlock, withLockedVault } from "../helpers/agents.ts";
import { type Ended, ended, ROOT, runtimeCommand, startCommand } from "../helpers/program.ts";
import { type Session, withSession } from "../helpers/session.ts";

const options = { timeout: 120_000 };
const script = join(ROOT, "examples/script/call_api.ts");

/** Runs `work` with the URL of an API, which notes how its callers present themselves. */
async function withApi(work: (url: string, callers: (string | undefined)[]) => Promise<void>) {
  const callers: (string | undefined)[] = [];
  const server = createServer(({ headers }, response) => {
    callers.push(headers.authorization);
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  try {
    await work(`http://127.0.0.1:${address.port}/`, callers);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function call({ directory, env }: Session, url: string): Promise<Ended> {
  const command = [...runtimeCommand(script), "TOKEN", url];
  return ended(startCommand(command, { cwd: directory, env }));
}

async function create(session: Session): Promise<void> {
  const line = "aivault secrets create TOKEN --value-file -";
  const { exitCode, stderr } = await session.run(line, "s3cret");
  assert.equal(exitCode, 0, stderr);
}

test(
  "examples/script calls an API with a secret of the default vault, and is on record",
  options,
  () =>
    withSession((session) =>
      withApi(async (url, callers) => {
        assert.equal((await session.run("aivault init --provider file")).exitCode, 0);
        await create(session);
        const { exitCode, stdout, stderr } = await call(session, url);
        assert.deepEqual([exitCode, stdout], [0, "204\n"], stderr);
        assert.deepEqual(callers, ["Bearer s3cret"]);
        const { events } = await session.json("aivault audit --limit 1 --json") as {
          events: { kind: string; actor: string }[];
        };
        assert.deepEqual(events.map(({ kind, actor }) => [kind, actor]), [[
          "secret.use",
          "call_api.ts",
        ]]);
      })
    ),
);

test(
  "examples/script uses a vault with a passphrase while it is unlocked, and not before",
  options,
  () =>
    withLockedVault((session) =>
      withApi(async (url, callers) => {
        await unlock(session);
        await create(session);
        assert.equal((await call(session, url)).stdout, "204\n");
        assert.equal((await session.run("aivault lock")).exitCode, 0);
        const locked = await call(session, url);
        assert.notEqual(locked.exitCode, 0);
        assert.match(locked.stderr, /locked/);
        assert.deepEqual(callers, ["Bearer s3cret"]);
      })
    ),
);
