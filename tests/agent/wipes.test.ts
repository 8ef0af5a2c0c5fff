/** The agent's messages, which may hold keys: wiped by whoever sent or received them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AgentClient } from "../../lib/agent/client.ts";
import type { Connection } from "../../lib/agent/connection.ts";
import { handOver } from "../../lib/agent/hand_over.ts";
import { AgentServer } from "../../lib/agent/server.ts";
import { seal } from "../../lib/crypto/aead.ts";
import { kekIdOf } from "../../lib/vault/keys/kek.ts";
import { agentWorld, ManualClock, memoryPair, VAULT_ID } from "../helpers/agent_world.ts";
import { KEK, utf8 } from "../helpers/vaults.ts";

const KEK_ID = kekIdOf(KEK, VAULT_ID);

/** `connection`, with every array that is sent through it or received from it kept in `seen`. */
function watched(connection: Connection, seen: Uint8Array[]): Connection {
  return {
    async receive() {
      const chunk = await connection.receive();
      if (chunk !== undefined) seen.push(chunk);
      return chunk;
    },
    send(bytes) {
      seen.push(bytes);
      return connection.send(bytes);
    },
    close: () => connection.close(),
  };
}

function assertWiped(seen: readonly Uint8Array[], least: number): void {
  assert.ok(seen.length >= least, `${seen.length} were seen`);
  assert.deepEqual(seen.filter((bytes) => bytes.some((byte) => byte !== 0)), []);
}

describe("AgentClient and AgentServer", () => {
  it("wipe every frame that they send and every chunk that they receive", async () => {
    const { holder, clock } = await agentWorld();
    const server = new AgentServer(holder, clock);
    const [ofClient, ofServer]: [Uint8Array[], Uint8Array[]] = [[], []];
    const connect = () => {
      const [mine, theirs] = memoryPair();
      void server.serve(watched(theirs, ofServer));
      return Promise.resolve(watched(mine, ofClient));
    };
    const client = new AgentClient(connect, clock);
    const [key, context] = [new Uint8Array(32).fill(7), utf8("context")];
    const wrapped = seal(KEK, key, context);
    const timeouts = { idleMs: 0, maxAgeMs: 0 };
    assert.equal(await client.hold(VAULT_ID, KEK, timeouts), true);
    for (
      const request of [
        { op: "wrap", kekId: KEK_ID, key, context },
        { op: "unwrap", kekId: KEK_ID, wrapped, context },
        { op: "next", kekId: KEK_ID, kek: new Uint8Array(32).fill(9) },
        // Refused: it is not authentic.
        { op: "unwrap", kekId: KEK_ID, wrapped: wrapped.map((byte) => byte ^ 1), context },
      ] as const
    ) {
      const answer = await client.ask(request);
      assert.ok(answer !== undefined);
      // The fields of an answer are the caller's to wipe, and share no memory with what was received.
      if (request.op === "unwrap" && answer.status === "ok") assert.deepEqual(answer.fields, [key]);
    }
    client.close();
    assertWiped(ofClient, 10);
    assertWiped(ofServer, 10);
  });

  it("wipe a frame whose connection breaks while it is sent", async () => {
    const seen: Uint8Array[] = [];
    const broken: Connection = {
      receive: () => Promise.resolve(undefined),
      send: () => Promise.reject(new Error("broken")),
      close: () => {},
    };
    const connect = () => Promise.resolve(watched(broken, seen));
    const client = new AgentClient(connect, new ManualClock());
    assert.equal(await client.hold(VAULT_ID, KEK, { idleMs: 0, maxAgeMs: 0 }), false);
    assertWiped(seen, 1);
  });
});

describe("handOver()", () => {
  it("wipes the frame that it gave to a new agent, whether that starts or not", async () => {
    for (const starts of [true, false]) {
      const seen: Uint8Array[] = [];
      const host = {
        connect: () => Promise.resolve(undefined),
        start(frame: Uint8Array) {
          seen.push(frame);
          assert.ok(frame.some((byte) => byte === 0x5a), "it holds the key");
          return starts
            ? Promise.resolve("serving" as const)
            : Promise.reject(new RangeError("no"));
        },
      };
      const timeouts = { idleMs: 0, maxAgeMs: 0 };
      const done = handOver(host, new ManualClock(), VAULT_ID, KEK, timeouts);
      if (starts) await done;
      else await assert.rejects(done, RangeError);
      assertWiped(seen, 1);
    }
  });
});

describe("AgentServer.whenAnswered()", () => {
  it("resolves when every request that was taken has its answer, and not before", async () => {
    const { holder, clock } = await agentWorld();
    const server = new AgentServer(holder, clock);
    await server.whenAnswered();
    const [mine, theirs] = memoryPair();
    const slow = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    void server.serve({
      receive: () => theirs.receive(),
      async send(bytes) {
        reached.resolve();
        await slow.promise;
        await theirs.send(bytes);
      },
      close: () => theirs.close(),
    });
    const client = new AgentClient(() => Promise.resolve(mine), clock);
    const locking = client.lock();
    await reached.promise;
    let isAnswered = false;
    const answered = server.whenAnswered().then(() => void (isAnswered = true));
    await clock.turn();
    assert.equal(isAnswered, false);
    slow.resolve();
    assert.equal(await locking, true);
    await answered;
  });
});
