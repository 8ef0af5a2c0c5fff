/** The agent as its clients see it: what they make of one that is old, broken or silent. */
import assert from "node:assert/strict";
import { describe, it as itself } from "node:test";
import { AgentClient, ANSWER_MS } from "../../lib/agent/client.ts";
import type { Connection } from "../../lib/agent/connection.ts";
import { encodeFrame } from "../../lib/agent/frame.ts";
import { ManualClock, memoryPair, settle } from "../helpers/agent_world.ts";
import { utf8 } from "../helpers/vaults.ts";
import { within } from "../helpers/within.ts";

/** A test that fails if what it waits for does not come. */
function it(name: string, work: () => Promise<void>): void {
  itself(name, () => within(name, work()));
}

describe("AgentClient", () => {
  const clientOf = (serve: (connection: Connection) => Promise<void>) => {
    const clock = new ManualClock();
    const client = new AgentClient(() => {
      const [mine, theirs] = memoryPair();
      void serve(theirs).catch(() => {});
      return Promise.resolve(mine);
    }, clock);
    return { client, clock };
  };

  it("says what to do about an agent of another version", async () => {
    const { client } = clientOf(async (connection) => {
      await connection.receive();
      await connection.send(encodeFrame({ version: 2, code: 0 }, []));
    });
    await assert.rejects(
      client.status(),
      (error: { code: string; problem: string; hints: string[] }) => {
        assert.equal(error.code, "KEY_UNAVAILABLE");
        assert.match(error.problem, /another version/);
        assert.match(error.hints.join("\n"), /aivault lock/);
        return true;
      },
    );
  });

  it("waits for an answer no longer than 10 seconds", async () => {
    const { client, clock } = clientOf(async (connection) => {
      await connection.receive();
      await connection.receive();
    });
    const asking = assert.rejects(client.status(), { code: "KEY_UNAVAILABLE" });
    await settle();
    await clock.pass(ANSWER_MS);
    await asking;
  });

  it("refuses answers that it does not understand, or that are without end", async () => {
    const answers = [
      encodeFrame({ version: 1, code: 99 }, []),
      encodeFrame({ version: 1, code: 0 }, [utf8("no status")]),
      new Uint8Array([0x80, 0, 0, 0]),
    ];
    for (const answer of answers) {
      const { client } = clientOf(async (connection) => {
        await connection.receive();
        await connection.send(answer);
      });
      await assert.rejects(client.status());
    }
  });

  it("takes an agent that ends before it answers for none", async () => {
    const { client } = clientOf(async (connection) => {
      await connection.receive();
      connection.close();
    });
    assert.equal(await client.status(), undefined);
    assert.equal(await client.lock(), false);
    const none = new AgentClient(() => Promise.resolve(undefined), new ManualClock());
    assert.equal(await none.status(), undefined);
  });
});
