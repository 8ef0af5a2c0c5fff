/** The agent's server: hostile and broken clients can neither stop it, nor keep others waiting, nor fill its memory. */
import assert from "node:assert/strict";
import { describe, it as itself } from "node:test";
import fc from "fast-check";
import { type Answer, decodeAnswer } from "../../lib/agent/answer.ts";
import type { AgentClient } from "../../lib/agent/client.ts";
import type { Connection } from "../../lib/agent/connection.ts";
import { encodeFrame, FrameReader } from "../../lib/agent/frame.ts";
import { encodeRequest } from "../../lib/agent/request.ts";
import { FRAME_MS, MAX_CONNECTIONS, QUIET_MS } from "../../lib/agent/server.ts";
import { kekIdOf } from "../../lib/vault/keys/kek.ts";
import { type AgentWorld, agentWorld, settle, VAULT_ID } from "../helpers/agent_world.ts";
import { KEK, utf8 } from "../helpers/vaults.ts";
import { within } from "../helpers/within.ts";

const KEK_ID = kekIdOf(KEK, VAULT_ID);
const STATUS = encodeRequest({ op: "status", kekId: undefined });

/** A test that fails if what it waits for does not come. */
function it(name: string, work: () => Promise<void>): void {
  itself(name, () => within(name, work()));
}

/** The next answer on a connection; `undefined` when it is over. */
async function nextAnswer(connection: Connection): Promise<Answer | string | undefined> {
  const reader = new FrameReader();
  for (;;) {
    const chunk = await within("an answer", connection.receive());
    if (chunk === undefined) return undefined;
    for (const body of reader.push(chunk)) return decodeAnswer(body);
  }
}

/** The key that the agent of `client` holds. */
async function heldBy(client: AgentClient): Promise<string | undefined> {
  return (await within("an answer about the agent", client.status()))?.held?.kekId;
}

/** Fails unless the agent answers a client that behaves. */
async function assertAlive(world: AgentWorld): Promise<void> {
  const client = world.client();
  assert.equal(await heldBy(client), KEK_ID);
  const request = {
    op: "wrap",
    kekId: KEK_ID,
    key: new Uint8Array(32),
    context: utf8("c"),
  } as const;
  const answer = await within("an answer to others", client.ask(request));
  assert.equal(answer?.status, "ok");
  client.close();
  await settle();
}

const header = (length: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
};

describe("AgentServer", () => {
  it("answers garbage with malformed at most, ends that connection, and answers others", async () => {
    const world = await agentWorld();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 4, maxLength: 200 }), async (garbage) => {
        // What happens to be a lock is no garbage.
        fc.pre(garbage[5] !== 1 && garbage[5] !== 2);
        const connection = world.connect();
        await connection.send(garbage).catch(() => {});
        const answer = nextAnswer(connection);
        await world.clock.pass(FRAME_MS);
        const got = await answer;
        if (got !== undefined) {
          assert.ok(typeof got === "object");
          assert.match(got.status, /^(malformed|version)$/);
        }
        assert.equal(connection.isClosed, true);
      }),
      { seed: 20_231_114, numRuns: 60, endOnFailure: true },
    );
    await assertAlive(world);
    assert.equal(world.told.locked, 0);
  });

  it("refuses a frame of 1 GiB as soon as its length is read", async () => {
    const world = await agentWorld();
    const connection = world.connect();
    await connection.send(header(2 ** 30));
    const answer = await nextAnswer(connection);
    assert.deepEqual(answer, { status: "malformed", fields: [] });
    assert.equal(await nextAnswer(connection), undefined);
    await assertAlive(world);
  });

  it("ends a connection whose frame does not arrive in time, however its bytes are spread", async () => {
    const world = await agentWorld();
    const half = world.connect();
    await half.send(STATUS.slice(0, 5));
    const slow = world.connect();
    for (const byte of encodeFrame({ version: 1, code: 3 }, [new Uint8Array(20)])) {
      if (slow.isClosed) break;
      await slow.send(new Uint8Array([byte])).catch(() => {});
      await settle();
      await world.clock.pass(FRAME_MS / 10);
    }
    assert.equal(slow.isClosed, true);
    assert.equal(half.isClosed, true);
    await assertAlive(world);
    assert.equal(world.server.connections, 0);
  });

  it("ends a connection that begins no frame, and later one that is quiet too long", async () => {
    const world = await agentWorld();
    const mute = world.connect();
    const quiet = world.connect();
    await quiet.send(STATUS);
    assert.equal(typeof await nextAnswer(quiet), "object");
    await world.clock.pass(FRAME_MS);
    assert.deepEqual([mute.isClosed, quiet.isClosed], [true, false]);
    await world.clock.pass(QUIET_MS - FRAME_MS);
    assert.equal(quiet.isClosed, true);
  });

  it("keeps room for a new client when 500 others are there and say nothing", async () => {
    const world = await agentWorld();
    const idle = Array.from({ length: 500 }, () => world.connect());
    await settle();
    assert.equal(world.server.connections, MAX_CONNECTIONS);
    await assertAlive(world);
    assert.equal(idle.filter(({ isClosed }) => !isClosed).length <= MAX_CONNECTIONS, true);
  });

  it("ends the quietest connection for a new one, and a client whose connection it was asks again", async () => {
    const world = await agentWorld();
    const [first, second] = [world.client(), world.client()];
    for (const client of [first, second, first]) await heldBy(client);
    for (let i = 0; i < MAX_CONNECTIONS - 1; i++) world.connect();
    await settle();
    assert.equal(await heldBy(second), KEK_ID);
    assert.equal(await heldBy(first), KEK_ID);
  });

  it("ends a connection that does not take its answers, and holds one answer for it at most", async () => {
    const world = await agentWorld();
    const connection = world.connect();
    let sent = 0;
    const flood = (async () => {
      for (let i = 0; i < 1_000; i++, sent++) await connection.send(STATUS);
    })().catch(() => {});
    await settle();
    assert.ok(sent <= 2, `${sent} requests were taken`);
    await assertAlive(world);
    await world.clock.pass(FRAME_MS);
    assert.equal(connection.isClosed, true);
    await flood;
    await assertAlive(world);
  });

  it("answers a client between the requests of one that sends them by the thousand", async () => {
    const world = await agentWorld();
    const greedy = world.connect();
    const frames = 1_000;
    let answered = 0;
    const flooding = (async () => {
      await greedy.send(new Uint8Array(Array(frames).fill([...STATUS]).flat()));
    })();
    const reading = (async () => {
      for (; answered < frames; answered++) assert.equal(typeof await nextAnswer(greedy), "object");
    })();
    await assertAlive(world);
    assert.ok(answered < frames / 2, `it waited for ${answered} answers to another client`);
    await Promise.all([flooding, reading]);
  });

  it("goes on when a client leaves at any point of a request or an answer", async () => {
    const world = await agentWorld();
    for (let length = 0; length <= STATUS.length; length++) {
      const connection = world.connect();
      if (length > 0) await connection.send(STATUS.slice(0, length));
      connection.close();
      await settle();
    }
    await assertAlive(world);
    assert.equal(world.server.connections, 0);
  });

  it("answers many requests that arrive in one piece, in their order", async () => {
    const world = await agentWorld();
    const connection = world.connect();
    const contexts = ["a", "b", "c"].map(utf8);
    const frames = contexts.map((context) =>
      encodeRequest({ op: "wrap", kekId: KEK_ID, key: new Uint8Array(32), context })
    );
    const sent = connection.send(new Uint8Array(frames.flatMap((frame) => [...frame])));
    for (const _ of contexts) {
      const answer = await nextAnswer(connection);
      assert.ok(typeof answer === "object" && answer.status === "ok");
    }
    await sent;
  });

  it("tells a client of another version so, in a frame that every version reads", async () => {
    const world = await agentWorld();
    const connection = world.connect();
    await connection.send(encodeFrame({ version: 0, code: 6 }, [utf8("older")]));
    const chunk = await connection.receive();
    // Written out: length 2, version 1, code 5.
    assert.deepEqual([...chunk ?? []], [0, 0, 0, 2, 1, 5]);
    assert.equal(await connection.receive(), undefined);
    await assertAlive(world);
  });

  it("is locked by a client of any version", async () => {
    const world = await agentWorld();
    const connection = world.connect();
    await connection.send(encodeFrame({ version: 99, code: 1 }, []));
    await nextAnswer(connection);
    assert.equal(world.holder.status().held, null);
  });

  it("takes no key once it was locked, if it ends then: it would be gone with it", async () => {
    const timeouts = { idleMs: 0, maxAgeMs: 0 };
    for (const endsLocked of [true, false]) {
      const world = await agentWorld({ endsLocked, idleMs: 60_000 });
      // No alarm goes off while the machine sleeps: what comes first afterwards may be a new key.
      world.clock.sleep(60_000);
      const isHeld = await within("an answer", world.client().hold(VAULT_ID, KEK, timeouts));
      assert.equal(isHeld, !endsLocked);
      assert.equal(world.told.locked, 1);
      assert.equal(world.holder.status().held !== null, !endsLocked);
      assert.equal(await within("an answer", world.client().lock()), true);
    }
  });

  it("says that it was asked to end, once the answer is out", async () => {
    const world = await agentWorld();
    const connection = world.connect();
    await connection.send(encodeRequest({ op: "stop" }));
    await settle();
    assert.equal(world.told.stopped, 0);
    await nextAnswer(connection);
    await settle();
    assert.equal(world.told.stopped, 1);
  });
});
