/**
 * Serves clients: any number of them may come, none can keep the others waiting or take memory
 * without bound.
 *
 * @module
 */
import { wipe } from "../crypto/bytes.ts";
import { type Answer, answer, encodeAnswer } from "./answer.ts";
import type { Clock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import { BrokenFrame, FrameReader } from "./frame.ts";
import { type KeyHolder, wipeRequest } from "./key_holder.ts";
import { decodeRequest } from "./request.ts";

/** How many connections are served at once. One more ends the one that was quiet longest. */
export const MAX_CONNECTIONS = 64;

/** How long a frame may take to arrive, a first one to begin, and an answer to be taken: 5 seconds. */
export const FRAME_MS = 5_000;

/** How long a client may be quiet between two requests: 10 minutes. */
export const QUIET_MS = 600_000;

interface Served {
  readonly connection: Connection;
  /** Whether a request of it is being answered. */
  isBusy: boolean;
  cancelDeadline: () => void;
}

/** Answers the requests of connections with a {@linkcode KeyHolder}. */
export class AgentServer {
  readonly #holder: KeyHolder;
  readonly #clock: Clock;
  readonly #onStop: () => void;
  /** The one that was quiet longest stands first. */
  readonly #served = new Set<Served>();
  #onAnswered: (() => void)[] = [];

  /** @param onStop Called when a client has asked the agent to end and has its answer. */
  constructor(holder: KeyHolder, clock: Clock, onStop: () => void = () => {}) {
    this.#holder = holder;
    this.#clock = clock;
    this.#onStop = onStop;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#served.size;
  }

  /** Serves a connection to its end. It never rejects. */
  async serve(connection: Connection): Promise<void> {
    this.#makeRoom();
    const served: Served = { connection, isBusy: false, cancelDeadline: () => {} };
    this.#served.add(served);
    const reader = new FrameReader();
    try {
      this.#setDeadline(served, FRAME_MS);
      await this.#serveRequests(served, reader);
    } catch {
      // The client went away, or sends what is no request, and was told so if that was possible; or the agent ends.
    } finally {
      served.cancelDeadline();
      this.#served.delete(served);
      reader.wipe();
      connection.close();
    }
  }

  /** Resolves when every request that was taken has its answer. */
  async whenAnswered(): Promise<void> {
    if (![...this.#served].some(({ isBusy }) => isBusy)) return;
    await new Promise<void>((resolve) => this.#onAnswered.push(resolve));
    await this.whenAnswered();
  }

  /** Ends every connection. */
  close(): void {
    for (const { connection } of this.#served) connection.close();
  }

  async #serveRequests(served: Served, reader: FrameReader): Promise<void> {
    const { connection } = served;
    for (;;) {
      const chunk = await connection.receive();
      if (chunk === undefined) return;
      // A deadline runs from the first byte of a frame to its last: more bytes do not extend it.
      let isNewDeadline = !reader.isPartial;
      let isAnswered = false;
      try {
        for (const body of reader.push(chunk)) {
          // Whoever sends many requests at once lets the others go first.
          if (isAnswered) await this.#clock.turn();
          isAnswered = isNewDeadline = true;
          if (!await this.#answerOne(served, body)) return;
        }
      } catch (error) {
        if (error instanceof BrokenFrame) await this.#send(served, answer("malformed"));
        throw error;
      } finally {
        wipe(chunk);
      }
      if (isNewDeadline) this.#setDeadline(served, reader.isPartial ? FRAME_MS : QUIET_MS);
    }
  }

  /** Whether more requests may follow. */
  async #answerOne(served: Served, body: Uint8Array): Promise<boolean> {
    const request = decodeRequest(body);
    served.isBusy = true;
    try {
      await this.#send(served, await this.#holder.answer(request));
    } finally {
      served.isBusy = false;
      wipeRequest(request);
      wipe(body);
      // Unless it had to make room for another one.
      if (this.#served.delete(served)) this.#served.add(served);
      for (const resolve of this.#onAnswered.splice(0)) resolve();
    }
    if (typeof request === "string") return false;
    if (request.op === "stop") this.#onStop();
    return true;
  }

  async #send(served: Served, { status, fields }: Answer): Promise<void> {
    const frame = encodeAnswer({ status, fields });
    wipe(...fields);
    this.#setDeadline(served, FRAME_MS);
    try {
      await served.connection.send(frame);
    } finally {
      wipe(frame);
    }
  }

  #setDeadline(served: Served, ms: number): void {
    served.cancelDeadline();
    served.cancelDeadline = this.#clock.after(ms, () => served.connection.close());
  }

  #makeRoom(): void {
    if (this.#served.size < MAX_CONNECTIONS) return;
    const all = [...this.#served];
    const victim = all.find(({ isBusy }) => !isBusy) ?? all[0];
    if (victim === undefined) return;
    this.#served.delete(victim);
    victim.connection.close();
  }
}
