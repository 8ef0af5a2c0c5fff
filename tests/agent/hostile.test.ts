/** A real agent among hostile clients: it stays up, answers others soon, keeps its memory and says no key. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { AgentClient } from "../../lib/agent/client.ts";
import { encodeFrame } from "../../lib/agent/frame.ts";
import { encodeRequest } from "../../lib/agent/request.ts";
import { agentConnector } from "../../providers/host/agent_socket.ts";
import { systemClock } from "../../providers/host/system_clock.ts";
import { agentPid, isRunning, unlock, withLockedVault } from "../helpers/agents.ts";

const STATUS = encodeRequest({ op: "status", kekId: undefined });
/** How long each kind of client is at it. */
const ATTACK_MS = 1_500;

/** Connects, and swallows whatever becomes of it. */
function open(path: string): Socket {
  return connect({ path }).on("error", () => {}).on("data", () => {});
}

/** What hostile clients do, each for as long as `goOn` says so. */
const ATTACKS: Readonly<Record<string, (path: string, goOn: () => boolean) => Promise<void>>> = {
  "garbage": async (path, goOn) => {
    while (goOn()) {
      open(path).end(crypto.getRandomValues(new Uint8Array(500)).map((byte) => byte | 0x80));
      await delay(2);
    }
  },
  "half a frame": async (path, goOn) => {
    for (let i = 0; i < 100; i++) open(path).write(STATUS.slice(0, 5));
    while (goOn()) await delay(20);
  },
  "a length of 1 GiB": async (path, goOn) => {
    while (goOn()) {
      const socket = open(path);
      socket.write(new Uint8Array([0x40, 0, 0, 0]));
      socket.write(new Uint8Array(60_000));
      await delay(5);
    }
  },
  "500 connections that say nothing": async (path, goOn) => {
    const sockets = Array.from({ length: 500 }, () => open(path));
    while (goOn()) await delay(20);
    for (const socket of sockets) socket.destroy();
  },
  "a byte at a time": async (path, goOn) => {
    const socket = open(path);
    const frame = encodeFrame({ version: 1, code: 3 }, [new Uint8Array(40_000)]);
    for (let i = 0; goOn(); i++) {
      if (!socket.destroyed) socket.write(frame.slice(i, i + 1));
      await delay(1);
    }
  },
  "leaving in the middle of an answer": async (path, goOn) => {
    while (goOn()) {
      const socket = connect({ path }).on("error", () => {});
      socket.write(new Uint8Array(Array(50).fill([...STATUS]).flat()));
      socket.once("data", () => socket.destroy());
      await delay(2);
    }
  },
  "a frame per millisecond": async (path, goOn) => {
    const socket = open(path);
    while (goOn()) {
      if (!socket.destroyed) socket.write(STATUS);
      await delay(1);
    }
  },
  "thousands of frames at once, of which no answer is read": async (path, goOn) => {
    const socket = connect({ path }).on("error", () => {});
    socket.pause();
    while (goOn()) {
      if (socket.writableLength < 1_000_000) {
        socket.write(new Uint8Array(Array(3_000).fill([...STATUS]).flat()));
      }
      await delay(10);
    }
  },
};

async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

it("an agent stays up, answers others and keeps its memory among hostile clients", {
  timeout: 600_000,
  skip: process.platform === "win32" && "Windows has pipes instead of sockets",
}, (t) =>
  withLockedVault(async (session) => {
    await unlock(session);
    const pid = await agentPid(session);
    const directory = join(session.directory, "vault");
    const path = join(directory, "run", "agent.sock");
    const started = await memoryOf(pid);
    for (const [name, attack] of Object.entries(ATTACKS)) {
      const end = Date.now() + ATTACK_MS;
      const attacking = attack(path, () => Date.now() < end);
      const waits: number[] = [];
      while (Date.now() < end) {
        const before = performance.now();
        // A connection of its own each time, as every command has.
        const client = new AgentClient(agentConnector(directory), systemClock);
        assert.equal((await client.status())?.pid, pid, name);
        client.close();
        waits.push(performance.now() - before);
        await delay(10);
      }
      await attacking;
      waits.sort((a, b) => a - b);
      const [median = 0, most = 0] = [waits[waits.length >> 1], waits.at(-1)];
      t.diagnostic?.(`${name}: ${median.toFixed(1)} ms, at most ${most.toFixed(1)} ms`);
      assert.ok(median < 1_000, `${name}: others wait ${median} ms`);
      assert.ok(isRunning(pid), name);
    }
    const grown = await memoryOf(pid) - started;
    t.diagnostic?.(
      `memory: ${started.toFixed(0)} MiB, and ${grown.toFixed(0)} MiB more afterwards`,
    );
    assert.ok(grown < 100, `it grew by ${grown} MiB`);
    assert.equal((await session.run("aivault secrets import --entry A=1")).exitCode, 0);
    assert.equal(await agentPid(session), pid, "it is the same agent");
  }));
