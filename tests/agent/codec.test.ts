/** The protocol of the agent: what is written is read back, and nothing else is read. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decodeAnswer, decodeStatus, encodeAnswer, encodeStatus } from "../../lib/agent/answer.ts";
import {
  BrokenFrame,
  decodeFields,
  encodeFrame,
  FrameReader,
  MAX_BODY,
} from "../../lib/agent/frame.ts";
import { decodeRequest, encodeRequest, MAX_BATCH, type Request } from "../../lib/agent/request.ts";
import { MAX_TIMEOUT_MS } from "../../lib/agent/timeouts.ts";
import { VAULT_ID } from "../helpers/agent_world.ts";

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const bytes = (most: number) => fc.uint8Array({ maxLength: most });
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const kekId = fc.stringMatching(/^[0-9a-f]{32}$/);
const timeout = fc.integer({ min: 0, max: MAX_TIMEOUT_MS });
const rewrap = record({ wrapped: bytes(80), from: bytes(60), to: bytes(60) });

const requests: fc.Arbitrary<Request> = fc.oneof(
  fc.constantFrom<Request>({ op: "lock" }, { op: "stop" }, { op: "status", kekId: undefined }),
  record({ op: fc.constant("status" as const), kekId }),
  record({
    op: fc.constant("hold" as const),
    vaultId: fc.uuid(),
    kek: key,
    timeouts: record({ idleMs: timeout, maxAgeMs: timeout }),
  }),
  record({ op: fc.constant("wrap" as const), kekId, key, context: bytes(500) }),
  record({ op: fc.constant("unwrap" as const), kekId, wrapped: bytes(90), context: bytes(500) }),
  record({ op: fc.constant("next" as const), kekId, kek: key }),
  record({
    op: fc.constant("rewrap" as const),
    kekId,
    nextKekId: kekId,
    batch: fc.array(rewrap, { maxLength: MAX_BATCH }),
  }),
  record({ op: fc.constant("forget" as const), nextKekId: kekId }),
);

/** The bodies in `stream`, which arrives in pieces of these lengths. */
function readInPieces(stream: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const reader = new FrameReader();
  const bodies: Uint8Array[] = [];
  let offset = 0;
  for (const length of [...lengths, stream.length]) {
    bodies.push(...reader.push(stream.slice(offset, offset + length)));
    offset += length;
  }
  return bodies;
}

describe("the codec of requests", () => {
  it("reads back every request that is written, in whatever pieces it arrives", () => {
    fc.assert(
      fc.property(
        fc.array(requests, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 40 }),
        (all, lengths) => {
          const stream = new Uint8Array(all.flatMap((request) => [...encodeRequest(request)]));
          assert.deepEqual(readInPieces(stream, lengths).map(decodeRequest), all);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("reads any bytes as a request or as none, and never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 400 }), (body) => {
        const request = decodeRequest(body);
        if (typeof request !== "string" && request.op !== "lock" && request.op !== "stop") {
          assert.deepEqual(encodeRequest(request).slice(4), body, "one text for one meaning");
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("refuses a written request of which one byte is missing or added", () => {
    fc.assert(
      fc.property(requests, fc.nat(), (request, position) => {
        const body = encodeRequest(request).slice(4);
        if (request.op === "lock" || request.op === "stop") return;
        assert.equal(decodeRequest(body.slice(0, -1)), "malformed");
        assert.equal(decodeRequest(new Uint8Array([...body, position & 0xff])), "malformed");
      }),
      { numRuns: 100 },
    );
  });

  it("refuses keys, ids, time-outs and batches outside their bounds", () => {
    const id = "0".repeat(32);
    const text = (value: string) => new TextEncoder().encode(value);
    const wrong: [code: number, fields: Uint8Array[]][] = [
      [4, [text(VAULT_ID), new Uint8Array(31), new Uint8Array(8), new Uint8Array(8)]],
      [4, [text("x"), new Uint8Array(32), new Uint8Array(8), new Uint8Array(8)]],
      [4, [text(VAULT_ID), new Uint8Array(32), new Uint8Array(8).fill(255), new Uint8Array(8)]],
      [4, [text(VAULT_ID), new Uint8Array(32), new Uint8Array(7), new Uint8Array(8)]],
      [5, [text(id), new Uint8Array(31), text("context")]],
      [5, [text(id.toUpperCase().replace("0", "A")), new Uint8Array(32), text("context")]],
      [6, [text(id), new Uint8Array(72)]],
      [7, [text(id), new Uint8Array(33)]],
      [8, [text(id), text(id), new Uint8Array(72), text("from")]],
      [8, [text(id), text(id), ...Array.from({ length: 3 * 257 }, () => new Uint8Array(1))]],
      [9, [text(id), text(id)]],
      [10, []],
      [0, []],
    ];
    for (const [code, fields] of wrong) {
      const body = encodeFrame({ version: 1, code }, fields).slice(4);
      assert.equal(decodeRequest(body), "malformed", `${code}`);
    }
  });

  it("understands lock and stop in every version, and nothing else in another one", () => {
    for (const version of [0, 2, 255]) {
      const request = (code: number) => decodeRequest(new Uint8Array([version, code]));
      assert.deepEqual(request(1), { op: "lock" });
      assert.deepEqual(request(2), { op: "stop" });
      for (const code of [0, 3, 4, 5, 6, 7, 8, 9, 200]) assert.equal(request(code), "version");
    }
  });
});

describe("the codec of answers", () => {
  const statuses = [
    "ok",
    "locked",
    "stale",
    "damaged",
    "malformed",
    "version",
    "unprepared",
  ] as const;

  it("reads back every answer that is written, and tells another version", () => {
    fc.assert(
      fc.property(fc.constantFrom(...statuses), fc.array(bytes(80)), (status, fields) => {
        const body = encodeAnswer({ status, fields }).slice(4);
        assert.deepEqual(decodeAnswer(body), { status, fields });
        assert.equal(decodeAnswer(body.with(0, 2)), "version");
        assert.equal(decodeAnswer(body.with(1, 77)), "malformed");
      }),
      { numRuns: 50 },
    );
  });

  it("reads a status back, and none from anything else", () => {
    const status = {
      pid: 1,
      version: "0.1.0",
      startedAtMs: 2,
      held: {
        vaultId: VAULT_ID,
        kekId: "0".repeat(32),
        unlockedAtMs: 3,
        idleTimeoutMs: null,
        maxAgeMs: 4,
        locksAtMs: 5,
      },
    };
    assert.deepEqual(decodeStatus(encodeStatus(status)), status);
    assert.deepEqual(decodeStatus(encodeStatus({ ...status, held: null })), {
      ...status,
      held: null,
    });
    fc.assert(fc.property(bytes(100), (field) => {
      assert.equal(decodeStatus(field), undefined);
    }));
    assert.equal(decodeStatus(undefined), undefined);
  });
});

describe("FrameReader", () => {
  it("refuses a length out of bounds as soon as it is read, and takes no memory for it", () => {
    for (const length of [0, 1, MAX_BODY + 1, 2 ** 30, 2 ** 32 - 1]) {
      const header = new Uint8Array(4);
      new DataView(header.buffer).setUint32(0, length);
      assert.throws(() => [...new FrameReader().push(header)], BrokenFrame, String(length));
    }
  });

  it("tells whether a frame has begun and not ended", () => {
    const reader = new FrameReader();
    const frame = encodeRequest({ op: "lock" });
    assert.equal(reader.isPartial, false);
    for (const [i, byte] of frame.entries()) {
      const bodies = [...reader.push(new Uint8Array([byte]))];
      assert.equal(bodies.length, i === frame.length - 1 ? 1 : 0);
      assert.equal(reader.isPartial, i < frame.length - 1);
    }
  });

  it("reads fields only if they fill the body exactly", () => {
    fc.assert(fc.property(fc.array(bytes(20)), (fields) => {
      const body = encodeFrame({ version: 1, code: 1 }, fields).slice(4);
      assert.deepEqual(decodeFields(body), fields);
      if (fields.length > 0) assert.equal(decodeFields(body.slice(0, -1)), undefined);
      assert.equal(decodeFields(new Uint8Array([...body, 0])), undefined);
    }));
  });

  it("holds no frame longer than the longest", () => {
    const room = MAX_BODY - 2 - 4;
    assert.equal(encodeFrame({ version: 1, code: 1 }, [new Uint8Array(room)]).length, MAX_BODY + 4);
    assert.throws(
      () => encodeFrame({ version: 1, code: 1 }, [new Uint8Array(room + 1)]),
      RangeError,
    );
  });
});
