/** The place of a vault's agent: the user's alone, one agent's at a time, found by everybody who may. */
import assert from "node:assert/strict";
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { AgentClient } from "../../lib/agent/client.ts";
import { KeyHolder } from "../../lib/agent/key_holder.ts";
import { AgentServer } from "../../lib/agent/server.ts";
import { agentPaths, fitsSocket } from "../../providers/host/agent_address.ts";
import {
  agentConnector,
  listenAsAgent,
  type Listening,
} from "../../providers/host/agent_socket.ts";
import { socketConnection } from "../../providers/host/socket_connection.ts";
import { systemClock } from "../../providers/host/system_clock.ts";
import { listFiles } from "../helpers/files.ts";
import { withDirectory } from "../helpers/program.ts";

const skip = process.platform === "win32" && "Windows has pipes instead of sockets";
const onlyRoot = skip || (process.getuid?.() !== 0 && "only root can make another user's file");

interface Agent {
  readonly listening: Listening;
  close(): Promise<void>;
}

/** An agent without a key, in this process; `pid` is what it says of itself. */
async function listen(
  vaultDirectory: string,
  pid: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Agent | undefined> {
  const holder = new KeyHolder({ clock: systemClock, identity: { pid, version: "0" } });
  const server = new AgentServer(holder, systemClock);
  const place = { vaultDirectory, env: (name: string) => env[name] };
  const listening = await listenAsAgent(place, (socket) => {
    void server.serve(socketConnection(socket));
  });
  if (listening === undefined) return undefined;
  return {
    listening,
    async close() {
      await listening.leave();
      server.close();
    },
  };
}

/** Which agent is found, by what it says of itself. */
async function whoIsThere(vaultDirectory: string): Promise<number | undefined> {
  const client = new AgentClient(agentConnector(vaultDirectory), systemClock);
  try {
    return (await client.status())?.pid;
  } finally {
    client.close();
  }
}

/** A vault's directory, which is removed afterwards. */
const withVaultDirectory = (work: (directory: string) => Promise<void>, name = "vault") =>
  withDirectory(async (temporary) => {
    const directory = join(temporary, name);
    await mkdir(directory, { mode: 0o700 });
    await work(directory);
  });

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

describe("a place that is not the user's alone is refused, for clients and agents", () => {
  /** How the place is spoilt, and what is said of it. */
  const spoilt: [name: string, spoil: (run: string) => Promise<void>, problem: RegExp][] = [
    ["a directory that others can read", (run) => chmod(run, 0o750), /can be used by other users/],
    ["a directory that others can enter", (run) => chmod(run, 0o701), /can be used by other users/],
    ["a socket that others can use", (run) => chmod(join(run, "agent.sock"), 0o606), /can be used/],
    ["a directory that is a symbolic link", async (run) => {
      await rename(run, `${run}-elsewhere`);
      await symlink(`${run}-elsewhere`, run);
    }, /is a symbolic link/],
    ["a socket that is a symbolic link", async (run) => {
      await rename(join(run, "agent.sock"), join(run, "other.sock"));
      await symlink(join(run, "other.sock"), join(run, "agent.sock"));
    }, /is a symbolic link/],
    ["a file that is no socket", async (run) => {
      await rm(join(run, "agent.sock"));
      await writeFile(join(run, "agent.sock"), "", { mode: 0o600 });
    }, /is not a socket/],
    ["a file where the directory should be", async (run) => {
      await rename(run, `${run}-elsewhere`);
      await writeFile(run, "", { mode: 0o600 });
    }, /is not a directory/],
  ];
  const foreign: typeof spoilt = [
    ["another user's directory", (run) => chown(run, 12_345, 12_345), /belongs to another user/],
    [
      "another user's socket",
      (run) => chown(join(run, "agent.sock"), 12_345, 12_345),
      /belongs to another user/,
    ],
  ];
  for (const [name, spoil, problem] of [...spoilt, ...foreign]) {
    const isForeign = foreign.some(([other]) => other === name);
    it(name, { skip: isForeign ? onlyRoot : skip }, () =>
      withVaultDirectory(async (directory) => {
        const agent = await listen(directory, 1);
        const run = join(directory, "run");
        await spoil(run);
        const before = await lstat(run);
        const refusal = (error: { code: string; problem: string; hints: readonly string[] }) => {
          assert.equal(error.code, "KEY_UNUSABLE");
          assert.match(error.problem, problem);
          assert.notEqual(error.hints.length, 0);
          return true;
        };
        await assert.rejects(whoIsThere(directory), refusal);
        if (name !== "a file where the directory should be") {
          await assert.rejects(listen(directory, 2), refusal);
        } else await assert.rejects(listen(directory, 2));
        assert.equal(
          (await lstat(run)).mode,
          before.mode,
          "nothing is mended behind the user's back",
        );
        await agent?.close();
      }));
  }
});
