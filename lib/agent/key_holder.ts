/**
 * The agent itself: holds one key, answers requests, and locks when it is time.
 *
 * @module
 */
import { wipe } from "../crypto/bytes.ts";
import { hasCode } from "../errors.ts";
import { holdKek, type KekHandle, type Rewrap, sameKekId } from "../vault/keys/kek.ts";
import { type AgentStatus, type Answer, answer, encodeEnds, encodeStatus } from "./answer.ts";
import type { Clock } from "./clock.ts";
import { NextKeys } from "./next_keys.ts";
import type { Request, Unreadable } from "./request.ts";
import type { Timeouts } from "./timeouts.ts";

/** The clock is looked at this often at least, since alarms stand still while the machine sleeps: 30 seconds. */
export const LOOK_EVERY_MS = 30_000;
/** How far the two clocks may be apart in what is shown: 100 milliseconds. */
const DRIFT_MS = 100;

/** How many keys from before rotations are remembered by their ids. */
const MAX_RETIRED = 64;

/** What an agent says of itself. */
export interface AgentIdentity {
  /** Its process. */
  readonly pid: number;
  /** The version of the program. */
  readonly version: string;
}

/** What a holder is made with. */
export interface KeyHolderOptions {
  readonly clock: Clock;
  readonly identity: AgentIdentity;
  /** Called whenever a key was held and is not any more. */
  readonly onLocked?: () => void;
  /** Whether its process ends then: clients are told. Default: false. */
  readonly endsLocked?: boolean;
}

interface Held {
  readonly vaultId: string;
  readonly handle: KekHandle;
  readonly timeouts: Timeouts;
  readonly unlocked: Moment;
  used: Moment;
}

interface Moment {
  readonly nowMs: number;
  readonly elapsedMs: number;
}

/** Holds the KEK of one vault, or none. */
export class KeyHolder {
  readonly #clock: Clock;
  readonly #identity: AgentIdentity;
  readonly #startedAtMs: number;
  readonly #onLocked: () => void;
  readonly #endsLocked: boolean;
  readonly #next: NextKeys;
  #held: Held | undefined;
  /** Whether its process is about to end. */
  #isOver = false;
  /** Ids of keys that were held before, newest last: a client that names one has only looked too early. */
  #retired: string[] = [];
  #cancelLook: () => void = () => {};

  /** Holds nothing at first. */
  constructor({ clock, identity, onLocked = () => {}, endsLocked = false }: KeyHolderOptions) {
    this.#clock = clock;
    this.#identity = identity;
    this.#startedAtMs = clock.now();
    this.#onLocked = onLocked;
    this.#endsLocked = endsLocked;
    this.#next = new NextKeys(clock);
  }

  /**
   * Answers a request. What the answer holds is the caller's to wipe.
   *
   * @throws {Error} if it is to hold a key and its process is about to end: without an answer, whoever brings the key
   * finds or starts another agent.
   */
  async answer(request: Request | Unreadable): Promise<Answer> {
    if (typeof request === "string") return answer(request);
    this.#lockIfDue();
    switch (request.op) {
      case "lock":
      case "stop": {
        const ends = request.op === "stop" || (this.#endsLocked && this.#held !== undefined);
        this.lock();
        return answer("ok", encodeEnds(ends));
      }
      case "status":
        if (request.kekId !== undefined) this.#heldFor(request.kekId);
        return answer("ok", encodeStatus(this.status()));
      case "hold":
        if (this.#isOver) throw new Error("the agent ends");
        this.#hold(request.vaultId, request.kek, request.timeouts);
        return answer("ok");
      case "forget":
        this.#next.forgetSoon(request.nextKekId);
        return answer("ok");
      default:
        return await this.#useKey(request);
    }
  }

  /** How things stand. It extends no timeout. */
  status(): AgentStatus {
    const held = this.#held;
    return {
      ...this.#identity,
      startedAtMs: this.#startedAtMs,
      held: held === undefined ? null : {
        vaultId: held.vaultId,
        kekId: held.handle.kekId,
        unlockedAtMs: held.unlocked.nowMs,
        idleTimeoutMs: held.timeouts.idleMs || null,
        maxAgeMs: held.timeouts.maxAgeMs || null,
        locksAtMs: this.#locksAtMs(held),
      },
    };
  }

  /** Wipes every key. */
  lock(): void {
    const held = this.#held;
    this.#cancelLook();
    this.#next.clear();
    this.#retired = [];
    if (held === undefined) return;
    held.handle.close();
    this.#held = undefined;
    this.#isOver = this.#endsLocked;
    this.#onLocked();
  }

  #hold(vaultId: string, kek: Uint8Array, timeouts: Timeouts): void {
    const before = this.#held;
    let handle = holdKek(kek, vaultId);
    if (before?.vaultId === vaultId && sameKekId(before.handle.kekId, handle.kekId)) {
      // Another unlocking, perhaps in the middle of a rotation, whose keys it must not take away.
      handle.close();
      handle = before.handle;
    } else {
      this.#next.clear();
      if (before !== undefined) this.#retire(before.handle, handle.kekId);
    }
    const moment = this.#moment();
    this.#held = { vaultId, handle, timeouts, unlocked: moment, used: moment };
    this.#scheduleLook();
  }

  async #useKey(request: Request & { readonly kekId: string }): Promise<Answer> {
    const held = this.#heldFor(request.kekId);
    if (typeof held === "string") return answer(held);
    held.used = this.#moment();
    try {
      return answer("ok", ...await this.#compute(held, request));
    } catch (error) {
      if (hasCode(error, "INTEGRITY")) return answer("damaged");
      if (hasCode(error, "NOT_FOUND")) return answer("unprepared");
      throw error;
    }
  }

  async #compute(held: Held, request: Request): Promise<Uint8Array[]> {
    switch (request.op) {
      case "wrap":
        return [await held.handle.wrap(request.key, request.context)];
      case "unwrap":
        return [await held.handle.unwrap(request.wrapped, request.context)];
      case "next": {
        await this.#next.prepare(held.handle, request.kek, held.vaultId);
        return [];
      }
      case "rewrap":
        return await this.#rewrap(request.nextKekId, request.batch);
      default:
        return [];
    }
  }

  async #rewrap(nextKekId: string, batch: readonly Rewrap[]): Promise<Uint8Array[]> {
    const rewrapped = await this.#next.rewrapper(nextKekId).rewrap(batch);
    return rewrapped.map((wrapped) => wrapped ?? new Uint8Array());
  }

  // The kekId comes from the vault's own row. If it names a prepared key, a rotation to it was stored; if it names
  // neither that nor a key from before, the vault has a key that this agent never had.
  #heldFor(kekId: string): Held | "locked" | "stale" {
    const held = this.#held;
    if (held === undefined) return "locked";
    if (sameKekId(held.handle.kekId, kekId)) return held;
    const handle = this.#next.take(kekId);
    if (handle !== undefined) {
      this.#retire(held.handle, handle.kekId);
      return this.#held = { ...held, handle };
    }
    if (this.#retired.some((retired) => sameKekId(retired, kekId))) return "stale";
    this.lock();
    return "locked";
  }

  #retire(handle: KekHandle, nextKekId: string): void {
    handle.close();
    this.#retired = [...this.#retired, handle.kekId]
      .filter((kekId) => !sameKekId(kekId, nextKekId)).slice(-MAX_RETIRED);
  }

  #moment(): Moment {
    return { nowMs: this.#clock.now(), elapsedMs: this.#clock.elapsed() };
  }

  /** The least time that is left by either clock, since either can stand still or be set back. */
  #left(held: Held, { nowMs, elapsedMs } = this.#moment(), driftMs = 0): number {
    const since = (moment: Moment): number =>
      Math.max(nowMs - moment.nowMs, elapsedMs - moment.elapsedMs - driftMs);
    const { idleMs, maxAgeMs } = held.timeouts;
    return Math.min(
      idleMs === 0 ? Infinity : idleMs - since(held.used),
      maxAgeMs === 0 ? Infinity : maxAgeMs - since(held.unlocked),
    );
  }

  #locksAtMs(held: Held): number | null {
    // Two clocks never run quite alike: what is shown must not waver while nothing happens.
    const moment = this.#moment();
    const left = this.#left(held, moment, DRIFT_MS);
    return left === Infinity ? null : moment.nowMs + Math.max(0, Math.ceil(left));
  }

  #lockIfDue(): void {
    if (this.#held !== undefined && this.#left(this.#held) <= 0) this.lock();
  }

  #scheduleLook(): void {
    this.#cancelLook();
    const left = this.#held === undefined ? Infinity : this.#left(this.#held);
    if (left === Infinity) return;
    this.#cancelLook = this.#clock.after(Math.min(Math.max(left, 1), LOOK_EVERY_MS), () => {
      this.#lockIfDue();
      this.#scheduleLook();
    });
  }
}

/** Wipes what a request brought: the key in it, if there is one. */
export function wipeRequest(request: Request | Unreadable): void {
  if (typeof request === "string") return;
  if (request.op === "hold" || request.op === "next") wipe(request.kek);
  if (request.op === "wrap") wipe(request.key);
}
