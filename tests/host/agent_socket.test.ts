/** The place of a vault's agent: one agent's at a time, private, and found by everybody who may. */
import assert from "node:assert/strict";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { agentPaths, fitsSocket } from "../../providers/host/agent_address.ts";
import { type Agent, listen, whoIsThere, withVaultDirectory } from "../helpers/agent_place.ts";
import { listFiles } from "../helpers/files.ts";
import { withDirectory } from "../helpers/program.ts";

const skip = process.platform === "win32" && "Windows has pipes instead of sockets";

/** A socket that nobody listens on any more, as an agent that was killed leaves it. */
async function leaveDeadSocket(path: string): Promise<void> {
  const server = await listenPlainly(`${path}.living`);
  await rename(`${path}.living`, path);
  await new Promise((resolve) => server.close(resolve));
  await chmod(path, 0o600);
}

function listenPlainly(path: string): Promise<Server> {
  const server = createServer((socket) => socket.on("error", () => {}).resume());
  return new Promise((resolve) => server.listen(path, () => resolve(server)));
}

describe("the agent's socket", () => {
  for (const umask of [0o000, 0o022, 0o777]) {
    it(
      `has mode 600 in a directory of mode 700 under umask ${umask.toString(8)}`,
      { skip },
      () =>
        withVaultDirectory(async (directory) => {
          const before = process.umask(umask);
          let agent: Agent | undefined;
          try {
            agent = await listen(directory, 1);
          } finally {
            process.umask(before);
          }
          assert.deepEqual(await listFiles(directory), ["700 run/", "600 run/agent.sock"]);
          assert.equal(await whoIsThere(directory), 1);
          await agent?.close();
          assert.deepEqual(await listFiles(directory), ["700 run/"]);
          assert.equal(await whoIsThere(directory), undefined);
        }),
    );
  }

  it(
    "is taken by one agent at a time, and the living one keeps it",
    { skip },
    () =>
      withVaultDirectory(async (directory) => {
        const agents = await Promise.all([1, 2, 3, 4, 5].map((pid) => listen(directory, pid)));
        const [first, ...others] = agents.filter((agent) => agent !== undefined);
        assert.deepEqual(others, []);
        const pid = await whoIsThere(directory);
        assert.equal(await listen(directory, 6), undefined);
        assert.equal(await whoIsThere(directory), pid);
        await first?.close();
        const next = await listen(directory, 7);
        assert.equal(await whoIsThere(directory), 7);
        await next?.close();
      }),
  );

  it(
    "is replaced if nobody listens on it",
    { skip },
    () =>
      withVaultDirectory(async (directory) => {
        const { socket } = agentPaths(directory);
        await mkdir(join(directory, "run"), { mode: 0o700 });
        await leaveDeadSocket(socket);
        assert.equal(await whoIsThere(directory), undefined);
        const agents = await Promise.all([1, 2, 3].map((pid) => listen(directory, pid)));
        const living = agents.filter((agent) => agent !== undefined);
        assert.equal(living.length, 1);
        assert.notEqual(await whoIsThere(directory), undefined);
        await living[0]?.close();
        assert.deepEqual(await listFiles(directory), ["700 run/"]);
      }),
  );

  it(
    "is not removed by an agent whose place another one has taken",
    { skip },
    () =>
      withVaultDirectory(async (directory) => {
        const first = await listen(directory, 1);
        assert.ok(first);
        await rm(first.listening.path);
        assert.equal(await first.listening.isInPlace(), false);
        const second = await listen(directory, 2);
        await first.close();
        assert.equal(await whoIsThere(directory), 2);
        await second?.close();
      }),
  );

  it(
    "is not looked for again in a directory that is gone, and none is made",
    { skip },
    () =>
      withDirectory(async (temporary) => {
        const directory = join(temporary, "vault");
        await mkdir(directory);
        const agent = await listen(directory, 1);
        await rm(directory, { recursive: true });
        await agent?.close();
        assert.deepEqual(await listFiles(temporary), []);
      }),
  );
});

describe("the agent of a vault with a long path", () => {
  const long = "a-directory-with-a-long-name-".repeat(4);

  it(
    "listens in a private directory elsewhere, and is found without it being named",
    { skip },
    () =>
      withVaultDirectory(async (directory) => {
        assert.equal(fitsSocket(agentPaths(directory).socket), false);
        await withDirectory(async (runtime) => {
          const agent = await listen(directory, 1, { XDG_RUNTIME_DIR: runtime });
          const pointed = await readFile(join(directory, "run", "agent.path"), "utf8");
          assert.equal(pointed, agent?.listening.path);
          assert.match(pointed.slice(runtime.length), /^\/aivault\/[0-9a-f]{32}\.sock$/);
          assert.deepEqual(await listFiles(directory), ["700 run/", "600 run/agent.path"]);
          const [inside, socket] = await listFiles(runtime);
          assert.equal(inside, "700 aivault/");
          assert.match(socket ?? "", /^600 /);
          assert.equal(await whoIsThere(directory), 1);
          assert.equal(await listen(directory, 2, { XDG_RUNTIME_DIR: runtime }), undefined);
          await agent?.close();
          assert.deepEqual(await listFiles(runtime), ["700 aivault/"]);
          assert.deepEqual(await listFiles(directory), ["700 run/"]);
        });
      }, long),
  );

  it("listens in a directory of the user's where there is no XDG_RUNTIME_DIR or it is long too", {
    skip,
  }, () =>
    withVaultDirectory(async (directory) => {
      for (const env of [{}, { XDG_RUNTIME_DIR: join(directory, "deeper") }]) {
        const agent = await listen(directory, 1, env);
        const path = agent?.listening.path ?? "";
        assert.ok(fitsSocket(path), path);
        assert.match(path, new RegExp(`/aivault-${process.getuid?.()}/[0-9a-f]{32}\\.sock$`));
        assert.equal(await whoIsThere(directory), 1);
        await agent?.close();
      }
    }, long));

  it(
    "refuses a directory elsewhere that others can enter",
    { skip },
    () =>
      withVaultDirectory(async (directory) => {
        await withDirectory(async (runtime) => {
          await mkdir(join(runtime, "aivault"));
          await chmod(join(runtime, "aivault"), 0o777);
          const env = { XDG_RUNTIME_DIR: runtime };
          await assert.rejects(listen(directory, 1, env), { code: "KEY_UNUSABLE" });
          await chmod(join(runtime, "aivault"), 0o700);
          const agent = await listen(directory, 1, env);
          await chmod(join(runtime, "aivault"), 0o755);
          await assert.rejects(whoIsThere(directory), { code: "KEY_UNUSABLE" });
          await chmod(join(runtime, "aivault"), 0o700);
          await agent?.close();
        });
      }, long),
  );

  it(
    "is not followed to a place that is no short absolute path",
    { skip },
    () =>
      withVaultDirectory(async (directory) => {
        await mkdir(join(directory, "run"), { mode: 0o700 });
        for (const text of ["agent.sock", "", `/tmp/${"x".repeat(200)}`, "/nowhere/agent.sock"]) {
          await writeFile(join(directory, "run", "agent.path"), text, { mode: 0o600 });
          assert.equal(await whoIsThere(directory), undefined, text);
        }
      }, long),
  );
});
