/**
 * Measures what the agent costs: an operation through it beside the same one with the key in this process, and a
 * rotation of many keys through it beside the same one here.
 *
 *     deno run -A scripts/bench/agent.ts [--secrets 50000] [--operations 200]
 *     node scripts/bench/agent.ts
 *     bun scripts/bench/agent.ts
 *
 * The agent is a process of its own, of the same runtime. The two kinds take turns, so that a machine that is
 * busy meanwhile slows both; the table shows medians.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { agentKek } from "../../lib/agent/agent_kek.ts";
import { AgentClient } from "../../lib/agent/client.ts";
import { handOver } from "../../lib/agent/hand_over.ts";
import { randomBytes, utf8 } from "../../lib/crypto/bytes.ts";
import { holdKek, type KekHandle, kekIdOf, type Rewrap } from "../../lib/vault/keys/kek.ts";
import { startAgent } from "../../providers/host/agent_process.ts";
import { agentConnector } from "../../providers/host/agent_socket.ts";
import { systemClock } from "../../providers/host/system_clock.ts";

const { values: flags } = parseArgs({
  options: {
    secrets: { type: "string", default: "50000" },
    operations: { type: "string", default: "200" },
  },
});
const CONTEXT = 250;
const PAGE = 250;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN;

/** What a command does with the key: it opens the proof key and a DEK, and wraps one. */
async function operation(handle: KekHandle, each: Rewrap): Promise<void> {
  await handle.unwrap(each.wrapped, each.from);
  const dek = await handle.unwrap(each.wrapped, each.from);
  await handle.wrap(dek, each.to);
}

async function rotation(handle: KekHandle, keys: readonly Rewrap[]): Promise<void> {
  const rewrapper = await handle.rewrapper(randomBytes(32));
  for (let at = 0; at < keys.length; at += PAGE) await rewrapper.rewrap(keys.slice(at, at + PAGE));
  rewrapper.close();
}

async function measure(directory: string): Promise<void> {
  const [vaultId, kek] = [crypto.randomUUID(), randomBytes(32)];
  const cli = new URL("../../cli.ts", import.meta.url).href;
  const connect = agentConnector(directory);
  const place = { vaultDirectory: directory, env: (name: string) => process.env[name] };
  const start = (frame: Uint8Array) => startAgent(cli, place, frame);
  await handOver({ connect, start }, systemClock, vaultId, kek, { idleMs: 0, maxAgeMs: 0 });
  const kekId = kekIdOf(kek, vaultId);
  const here = holdKek(kek, vaultId);
  const keys: Rewrap[] = [];
  for (let i = 0; i < Number(flags.secrets); i++) {
    const [from, to] = [randomBytes(CONTEXT), utf8(String(i).padEnd(CONTEXT))];
    keys.push({ wrapped: await here.wrap(randomBytes(32), from), from, to });
  }
  const times = { here: [] as number[], there: [] as number[] };
  const rates = { here: [] as number[], there: [] as number[] };
  try {
    for (let i = 0; i < Number(flags.operations); i++) {
      const each = keys[i % keys.length];
      if (each === undefined) break;
      times.here.push(await timed(() => operation(here, each)));
      // Connecting is part of it: every command has a connection of its own.
      times.there.push(
        await timed(async () => {
          const client = new AgentClient(connect, systemClock);
          await client.status(kekId);
          await operation(agentKek({ client, vaultId, kekId }), each);
          client.close();
        }),
      );
    }
    for (let run = 0; run < 3; run++) {
      const client = new AgentClient(connect, systemClock);
      const there = agentKek({ client, vaultId, kekId });
      rates.here.push(keys.length / await timed(() => rotation(here, keys)) * 1000);
      rates.there.push(keys.length / await timed(() => rotation(there, keys)) * 1000);
      client.close();
    }
  } finally {
    await new AgentClient(connect, systemClock).lock("stop");
  }
  const ratios = rates.there.map((rate, i) => rate / (rates.here[i] ?? Number.NaN));
  console.log(
    `${process.platform} ${process.arch}, ${
      process.versions["deno"] === undefined
        ? process.versions["bun"] === undefined
          ? `node ${process.versions.node}`
          : `bun ${process.versions["bun"]}`
        : `deno ${process.versions["deno"]}`
    }`,
  );
  console.log(
    `operation  here ${median(times.here).toFixed(2)} ms, through the agent ${
      median(times.there).toFixed(2)
    } ms`,
  );
  console.log(
    `rotation   of ${keys.length} keys: here ${
      median(rates.here).toFixed(0)
    } /s, through the agent ${median(rates.there).toFixed(0)} /s, ratio ${
      median(ratios).toFixed(2)
    }`,
  );
}

const directory = await mkdtemp(join(tmpdir(), "aivault-bench-"));
try {
  await measure(directory);
} finally {
  await rm(directory, { recursive: true, force: true });
}
