/**
 * What an agent and its clients read from each other, fuzzed.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeAnswer, decodeStatus } from "../../lib/agent/answer.ts";
import { AgentClient } from "../../lib/agent/client.ts";
import type { Clock } from "../../lib/agent/clock.ts";
import type { Connection } from "../../lib/agent/connection.ts";
import { BrokenFrame, FrameReader, MAX_BODY } from "../../lib/agent/frame.ts";
import { KeyHolder } from "../../lib/agent/key_holder.ts";
import { decodeRequest, encodeRequest, type Request } from "../../lib/agent/request.ts";
import { AgentServer } from "../../lib/agent/server.ts";
import { KEK } from "../helpers/vaults.ts";
import { bytes, damaged, fuzz, outcome } from "./fuzz.ts";

const kekId = "0123456789abcdef".repeat(2);
const requests: readonly Request[] = [
  { op: "lock" },
  { op: "status", kekId },
  {
    op: "hold",
    vaultId: "2b1c7a52-6f0e-4d1c-9a3b-0c5d8e7f6a10",
    kek: KEK,
    timeouts: { idleMs: 5, maxAgeMs: 6 },
  },
  { op: "wrap", kekId, key: KEK, context: new Uint8Array(9) },
  { op: "unwrap", kekId, wrapped: new Uint8Array(72), context: new Uint8Array(9) },
  { op: "next", kekId, kek: KEK },
  {
    op: "rewrap",
    kekId,
    nextKekId: kekId,
    batch: [{ wrapped: new Uint8Array(72), from: new Uint8Array(3), to: new Uint8Array(3) }],
  },
];
const frame = fc.constantFrom(...requests).chain((request) => damaged(encodeRequest(request)));
const stream = fc.array(fc.oneof(frame, bytes(200)), { maxLength: 5 });

/** Time that stands still. */
const clock: Clock = {
  now: () => 0,
  elapsed: () => 0,
  after: () => () => {},
  turn: () => Promise.resolve(),
};

/** A connection on which `chunks` arrive, whatever is sent. */
function feeding(chunks: readonly Uint8Array[]): Connection & { isClosed(): boolean } {
  const left = chunks.map((chunk) => chunk.slice());
  let closed = false;
  return {
    receive: () => Promise.resolve(closed ? undefined : left.shift()),
    send: () => Promise.resolve(),
    close: () => void (closed = true),
    isClosed: () => closed,
  };
}

fuzz("FrameReader.push()", stream, 500, async (chunks) => {
  await Promise.resolve();
  const reader = new FrameReader();
  try {
    for (const chunk of chunks) {
      for (const body of reader.push(chunk)) assert.ok(body.length >= 2 && body.length <= MAX_BODY);
    }
  } catch (error) {
    assert.ok(error instanceof BrokenFrame);
  }
});

fuzz("reading requests, answers and a status", fc.oneof(bytes(300), frame), 1_000, async (body) => {
  await outcome(() => decodeRequest(body));
  await outcome(() => decodeRequest(body.subarray(4)));
  await outcome(() => decodeAnswer(body));
  await outcome(() => decodeStatus(body));
});

fuzz("AgentServer.serve()", stream, 300, async (chunks) => {
  const holder = new KeyHolder({ clock, identity: { pid: 1, version: "0.0.0" } });
  const server = new AgentServer(holder, clock);
  const connection = feeding(chunks);
  await server.serve(connection);
  assert.ok(connection.isClosed());
  assert.equal(server.connections, 0);
});

fuzz("AgentClient", stream, 300, async (chunks) => {
  const client = new AgentClient(() => Promise.resolve(feeding(chunks)), clock);
  await outcome(() => client.status(kekId));
  await outcome(() => client.hold("a vault", KEK, { idleMs: 0, maxAgeMs: 0 }));
  for (const request of requests) await outcome(() => client.ask(request));
  await outcome(() => client.lock());
  client.close();
});
