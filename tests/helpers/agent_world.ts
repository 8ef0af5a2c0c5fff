/**
 * An agent in this process: connections in memory, and a clock that a test moves.
 *
 * @module
 */
import { AgentClient } from "../../lib/agent/client.ts";
import type { Clock } from "../../lib/agent/clock.ts";
import type { Connection } from "../../lib/agent/connection.ts";
import { KeyHolder } from "../../lib/agent/key_holder.ts";
import { AgentServer } from "../../lib/agent/server.ts";
import { KEK, START_MS } from "./vaults.ts";

/** The vault of the agents in tests. */
export const VAULT_ID = "9d1f6ad4-6f41-4b0e-9ef0-2f1c2f6a7f10";

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #nowMs = START_MS;
  #elapsedMs = 0;
  readonly #alarms = new Set<{ atMs: number; work: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  elapsed(): number {
    return this.#elapsedMs;
  }

  after(ms: number, work: () => void): () => void {
    const alarm = { atMs: this.#elapsedMs + ms, work };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }

  /** How many alarms are still to go off. */
  get alarms(): number {
    return this.#alarms.size;
  }

  turn(): Promise<void> {
    return new Promise((resolve) => void setTimeout(resolve, 0));
  }

  /** Lets `ms` milliseconds pass, and the alarms go off that fall into them. */
  async pass(ms: number): Promise<void> {
    await settle();
    const end = this.#elapsedMs + ms;
    for (;;) {
      const due = [...this.#alarms].filter(({ atMs }) => atMs <= end)
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#alarms.delete(due);
      this.#move(due.atMs - this.#elapsedMs);
      due.work();
      await settle();
    }
    this.#move(end - this.#elapsedMs);
    await settle();
  }

  /** The machine sleeps: the time of day goes on, everything else stands still. */
  sleep(ms: number): void {
    this.#nowMs += ms;
  }

  /** Sets the time of day. */
  set(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  #move(ms: number): void {
    this.#elapsedMs += ms;
    this.#nowMs += ms;
  }
}

/** Lets everything run that is ready to. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** One end of a connection in memory. */
export interface MemoryEnd extends Connection {
  /** Whether both directions are over. */
  readonly isClosed: boolean;
}

/** Two ends of one connection. What one sends waits until the other receives it. */
export function memoryPair(): [MemoryEnd, MemoryEnd] {
  const state = { isClosed: false, wake: [] as (() => void)[] };
  const change = (): void => {
    for (const wake of state.wake.splice(0)) wake();
  };
  const changed = () => new Promise<void>((resolve) => state.wake.push(resolve));
  const make = (inbox: Uint8Array[], outbox: Uint8Array[]): MemoryEnd => ({
    get isClosed() {
      return state.isClosed;
    },
    async receive() {
      while (inbox.length === 0 && !state.isClosed) await changed();
      const chunk = inbox.shift();
      change();
      return chunk;
    },
    async send(bytes) {
      if (state.isClosed) throw new Error("closed");
      const copy = bytes.slice();
      outbox.push(copy);
      change();
      while (outbox.includes(copy)) {
        if (state.isClosed) throw new Error("closed");
        await changed();
      }
    },
    close() {
      state.isClosed = true;
      change();
    },
  });
  const [there, back]: [Uint8Array[], Uint8Array[]] = [[], []];
  return [make(there, back), make(back, there)];
}

/** An agent, and how to reach it. */
export interface AgentWorld {
  readonly clock: ManualClock;
  readonly holder: KeyHolder;
  readonly server: AgentServer;
  /** How often it lost a key, and was asked to end. */
  readonly told: { locked: number; stopped: number };
  /** A new connection to it. */
  connect(): MemoryEnd;
  /** A new client of it. */
  client(): AgentClient;
}

/** Makes an agent. With a `kek` it holds that for {@linkcode VAULT_ID}. */
export async function agentWorld(
  options: {
    kek?: Uint8Array | null;
    idleMs?: number;
    maxAgeMs?: number;
    endsLocked?: boolean;
  } = {},
): Promise<AgentWorld> {
  const { kek = KEK, idleMs = 0, maxAgeMs = 0, endsLocked = false } = options;
  const clock = new ManualClock();
  const told = { locked: 0, stopped: 0 };
  const identity = { pid: 7, version: "1.2.3" };
  const holder = new KeyHolder({
    clock,
    identity,
    endsLocked,
    onLocked: () => void told.locked++,
  });
  const server = new AgentServer(holder, clock, () => void told.stopped++);
  const connect = (): MemoryEnd => {
    const [mine, theirs] = memoryPair();
    void server.serve(theirs);
    return mine;
  };
  if (kek !== null) {
    await holder.answer({ op: "hold", vaultId: VAULT_ID, kek, timeouts: { idleMs, maxAgeMs } });
  }
  const client = () => new AgentClient(() => Promise.resolve(connect()), clock);
  return { clock, holder, server, told, connect, client };
}
