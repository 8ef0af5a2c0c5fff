/** The agent: which key it holds, for whom, and for how long. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Answer } from "../../lib/agent/answer.ts";
import type { Request } from "../../lib/agent/request.ts";
import { LOOK_EVERY_MS } from "../../lib/agent/key_holder.ts";
import { KEEP_MS, MAX_NEXT, SETTLE_MS } from "../../lib/agent/next_keys.ts";
import { open, seal } from "../../lib/crypto/aead.ts";
import { kekIdOf } from "../../lib/vault/keys/kek.ts";
import { type AgentWorld, agentWorld, VAULT_ID } from "../helpers/agent_world.ts";
import { KEK, OTHER_KEK, START_MS, utf8 } from "../helpers/vaults.ts";

const [OLD_ID, NEW_ID] = [kekIdOf(KEK, VAULT_ID), kekIdOf(OTHER_KEK, VAULT_ID)];
const STRANGE_ID = "f".repeat(32);
const MINUTE = 60_000;

const ask = (world: AgentWorld, request: Request): Promise<Answer> => world.holder.answer(request);
const wrap = (kekId: string): Request => ({
  op: "wrap",
  kekId,
  key: new Uint8Array(32),
  context: utf8("c"),
});
const statusOf = async (world: AgentWorld, request: Request) => (await ask(world, request)).status;
const prepare = (world: AgentWorld, kek = OTHER_KEK) =>
  statusOf(world, { op: "next", kekId: OLD_ID, kek });
const isHeld = (world: AgentWorld) => world.holder.status().held !== null;

describe("KeyHolder", () => {
  it("answers only for the key that it holds, and drops it when the vault has one that it never had", async () => {
    const world = await agentWorld();
    assert.equal(await statusOf(world, wrap(OLD_ID)), "ok");
    assert.equal(await statusOf(world, wrap(STRANGE_ID)), "locked");
    assert.equal(isHeld(world), false);
    assert.equal(world.told.locked, 1);
    assert.equal(await statusOf(world, wrap(OLD_ID)), "locked", "it is gone for everybody");
  });

  it("drops it also when a status names the vault's new key", async () => {
    const world = await agentWorld();
    await ask(world, { op: "status", kekId: OLD_ID });
    await ask(world, { op: "status", kekId: undefined });
    assert.equal(isHeld(world), true);
    await ask(world, { op: "status", kekId: STRANGE_ID });
    assert.equal(isHeld(world), false);
  });

  it("is locked by lock and stop, and by a lock while it is locked", async () => {
    for (const op of ["lock", "stop"] as const) {
      const world = await agentWorld();
      assert.equal(await statusOf(world, { op }), "ok");
      assert.equal(await statusOf(world, wrap(OLD_ID)), "locked");
      assert.equal(await statusOf(world, { op }), "ok");
      assert.equal(world.told.locked, 1);
    }
  });

  it("holds what it is given next, and calls what it held before stale", async () => {
    const world = await agentWorld();
    const timeouts = { idleMs: 0, maxAgeMs: 0 };
    await ask(world, { op: "hold", vaultId: VAULT_ID, kek: OTHER_KEK, timeouts });
    assert.equal(await statusOf(world, wrap(NEW_ID)), "ok");
    assert.equal(await statusOf(world, wrap(OLD_ID)), "stale");
    assert.equal(
      await statusOf(world, wrap(NEW_ID)),
      "ok",
      "a client that looked too early does no harm",
    );
    await ask(world, { op: "hold", vaultId: VAULT_ID, kek: KEK, timeouts });
    assert.equal(await statusOf(world, wrap(OLD_ID)), "ok");
  });
});

describe("KeyHolder in a rotation", () => {
  it("keeps what is prepared while it is given the key that it holds already", async () => {
    const world = await agentWorld();
    assert.equal(await prepare(world), "ok");
    const timeouts = { idleMs: 0, maxAgeMs: 15 * MINUTE };
    await ask(world, { op: "hold", vaultId: VAULT_ID, kek: KEK, timeouts });
    assert.equal(world.holder.status().held?.maxAgeMs, 15 * MINUTE);
    assert.equal(
      await statusOf(world, { op: "rewrap", kekId: OLD_ID, nextKekId: NEW_ID, batch: [] }),
      "ok",
    );
    assert.equal(await statusOf(world, wrap(NEW_ID)), "ok");
    assert.equal(await statusOf(world, wrap(OLD_ID)), "stale");
  });

  it("wraps anew for a prepared key, and takes it over when the vault names it", async () => {
    const world = await agentWorld({ maxAgeMs: 60 * MINUTE });
    const before = world.holder.status().held;
    assert.equal(await prepare(world), "ok");
    const batch = [{
      wrapped: seal(KEK, new Uint8Array(32), utf8("f")),
      from: utf8("f"),
      to: utf8("t"),
    }];
    const { status, fields } = await ask(world, {
      op: "rewrap",
      kekId: OLD_ID,
      nextKekId: NEW_ID,
      batch,
    });
    assert.equal(status, "ok");
    assert.deepEqual(open(OTHER_KEK, fields[0] ?? utf8(""), utf8("t")), new Uint8Array(32));
    assert.equal(
      await statusOf(world, wrap(OLD_ID)),
      "ok",
      "the old key serves until it is stored",
    );
    await ask(world, { op: "forget", nextKekId: NEW_ID });
    await ask(world, { op: "status", kekId: NEW_ID });
    assert.deepEqual(world.holder.status().held, { ...before, kekId: NEW_ID });
    assert.equal(await statusOf(world, wrap(NEW_ID)), "ok");
    assert.equal(await statusOf(world, wrap(OLD_ID)), "stale");
    assert.equal(world.told.locked, 0);
  });

  it("forgets a prepared key that nobody uses, and soon after the rotation has ended", async () => {
    for (const [isEnded, ms] of [[false, KEEP_MS], [true, SETTLE_MS]] as const) {
      const world = await agentWorld();
      await prepare(world);
      if (isEnded) await ask(world, { op: "forget", nextKekId: NEW_ID });
      await world.clock.pass(ms - 1);
      const rewrap = { op: "rewrap", kekId: OLD_ID, nextKekId: NEW_ID, batch: [] } as const;
      if (isEnded) await world.clock.pass(1);
      else {
        assert.equal(await statusOf(world, rewrap), "ok");
        await world.clock.pass(ms);
      }
      assert.equal(await statusOf(world, rewrap), "unprepared");
      await ask(world, { op: "status", kekId: NEW_ID });
      assert.equal(isHeld(world), false, "the vault has a key that it does not hold any more");
    }
  });

  it("forgets a prepared key that was never used at all", async () => {
    const world = await agentWorld();
    await prepare(world);
    await world.clock.pass(KEEP_MS);
    await ask(world, { op: "status", kekId: NEW_ID });
    assert.equal(isHeld(world), false);
  });

  it("forgets every prepared key when it is locked or given another key", async () => {
    const timeouts = { idleMs: 0, maxAgeMs: 0 };
    const locked = await agentWorld();
    await prepare(locked);
    await ask(locked, { op: "lock" });
    assert.equal(locked.clock.alarms, 0, "nothing is left to be forgotten later");
    const again = await agentWorld();
    await prepare(again);
    const kek = new Uint8Array(32).fill(9);
    const kekId = kekIdOf(kek, VAULT_ID);
    await ask(again, { op: "hold", vaultId: VAULT_ID, kek, timeouts });
    const rewrap = { op: "rewrap", kekId, nextKekId: NEW_ID, batch: [] } as const;
    assert.equal(await statusOf(again, rewrap), "unprepared");
  });

  it("prepares a few keys at most, and gives up the one that was prepared first", async () => {
    const world = await agentWorld();
    const keks = Array.from({ length: MAX_NEXT + 1 }, (_, i) => new Uint8Array(32).fill(i + 1));
    for (const kek of keks) assert.equal(await prepare(world, kek), "ok");
    const outcomes = await Promise.all(
      keks.map((kek) =>
        statusOf(world, {
          op: "rewrap",
          kekId: OLD_ID,
          nextKekId: kekIdOf(kek, VAULT_ID),
          batch: [],
        })
      ),
    );
    assert.deepEqual(outcomes, ["unprepared", ...Array(MAX_NEXT).fill("ok")]);
  });

  it("prepares nothing and wraps nothing anew while it is locked", async () => {
    const world = await agentWorld();
    await prepare(world);
    await ask(world, { op: "lock" });
    const rewrap = { op: "rewrap", kekId: OLD_ID, nextKekId: NEW_ID, batch: [] } as const;
    assert.equal(await statusOf(world, rewrap), "locked");
    assert.equal(await prepare(world), "locked");
    assert.equal(await statusOf(world, wrap(NEW_ID)), "locked");
  });
});

describe("KeyHolder's time-outs", () => {
  it("stay away unless they are asked for", async () => {
    const world = await agentWorld();
    assert.equal(world.holder.status().held?.locksAtMs, null);
    await world.clock.pass(365 * 24 * 60 * MINUTE);
    assert.equal(isHeld(world), true);
  });

  it("lock it when the key was not used for so long; a status or a lock of nothing is no use", async () => {
    const world = await agentWorld({ idleMs: 15 * MINUTE });
    assert.equal(world.holder.status().held?.locksAtMs, START_MS + 15 * MINUTE);
    await world.clock.pass(10 * MINUTE);
    await ask(world, wrap(OLD_ID));
    await world.clock.pass(10 * MINUTE);
    await ask(world, { op: "status", kekId: OLD_ID });
    await ask(world, { op: "forget", nextKekId: NEW_ID });
    assert.equal(world.holder.status().held?.locksAtMs, START_MS + 25 * MINUTE);
    await world.clock.pass(5 * MINUTE - 1);
    assert.equal(isHeld(world), true);
    await world.clock.pass(1);
    assert.equal(isHeld(world), false);
    assert.equal(world.told.locked, 1);
  });

  it("are shown steadily while the two clocks drift apart a little", async () => {
    const world = await agentWorld({ idleMs: 15 * MINUTE });
    await world.clock.pass(MINUTE + 1);
    world.clock.set(START_MS + MINUTE);
    assert.equal(world.holder.status().held?.locksAtMs, START_MS + 15 * MINUTE);
  });

  it("are shown steadily however long a look at the clocks takes", async () => {
    const world = await agentWorld({ maxAgeMs: 60 * MINUTE });
    let nowMs = START_MS;
    world.clock.now = () => nowMs += 3;
    assert.equal(world.holder.status().held?.locksAtMs, START_MS + 60 * MINUTE);
  });

  it("lock it so long after it was unlocked, however much it is used", async () => {
    const world = await agentWorld({ idleMs: 15 * MINUTE, maxAgeMs: 60 * MINUTE });
    for (let minute = 0; minute < 59; minute++) {
      await world.clock.pass(MINUTE);
      assert.equal(await statusOf(world, wrap(OLD_ID)), "ok");
    }
    assert.equal(world.holder.status().held?.locksAtMs, START_MS + 60 * MINUTE);
    await world.clock.pass(MINUTE);
    assert.equal(isHeld(world), false);
  });

  it("count the time that the machine sleeps, at the next request or look at the clock", async () => {
    const asleep = await agentWorld({ maxAgeMs: 60 * MINUTE });
    asleep.clock.sleep(60 * MINUTE);
    assert.equal(await statusOf(asleep, wrap(OLD_ID)), "locked");
    const alone = await agentWorld({ idleMs: 60 * MINUTE });
    alone.clock.sleep(60 * MINUTE);
    await alone.clock.pass(LOOK_EVERY_MS);
    assert.equal(isHeld(alone), false);
  });

  it("are not put off by a clock that is set back", async () => {
    const world = await agentWorld({ maxAgeMs: 60 * MINUTE });
    await world.clock.pass(30 * MINUTE);
    world.clock.set(START_MS - 1_000 * MINUTE);
    await world.clock.pass(30 * MINUTE);
    assert.equal(isHeld(world), false);
  });

  it("begin anew at the next unlock, with what that asks for", async () => {
    const world = await agentWorld({ idleMs: MINUTE });
    await world.clock.pass(MINUTE / 2);
    const timeouts = { idleMs: 0, maxAgeMs: 5 * MINUTE };
    await ask(world, { op: "hold", vaultId: VAULT_ID, kek: KEK, timeouts });
    const held = world.holder.status().held;
    assert.equal(held?.unlockedAtMs, START_MS + MINUTE / 2);
    assert.equal(held?.idleTimeoutMs, null);
    await world.clock.pass(5 * MINUTE - 1);
    assert.equal(isHeld(world), true);
    await world.clock.pass(1);
    assert.equal(isHeld(world), false);
  });
});
