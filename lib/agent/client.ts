/**
 * An agent as its clients see it.
 *
 * @module
 */
import { wipe } from "../crypto/bytes.ts";
import { VaultError } from "../errors.ts";
import { Mutex } from "../vault/mutex.ts";
import {
  type AgentStatus,
  type Answer,
  type AnswerStatus,
  decodeAnswer,
  decodeEnds,
  decodeStatus,
} from "./answer.ts";
import type { Clock } from "./clock.ts";
import type { Connection, Connector } from "./connection.ts";
import { BrokenFrame, FrameReader } from "./frame.ts";
import { encodeRequest, type Request } from "./request.ts";
import type { Timeouts } from "./timeouts.ts";

/** How long an answer is waited for: 10 seconds. */
export const ANSWER_MS = 10_000;

const ATTEMPTED = "ask the agent";

/** Asks one agent, over one connection at a time that is made anew when it was lost. */
export class AgentClient {
  readonly #connect: Connector;
  readonly #clock: Clock;
  readonly #mutex = new Mutex();
  #connection: Connection | undefined;

  constructor(connect: Connector, clock: Clock) {
    this.#connect = connect;
    this.#clock = clock;
  }

  /**
   * How things stand; `undefined` if there is no agent. It extends no timeout.
   *
   * @param kekId The one that the vault has now: an agent with another key drops it.
   */
  async status(kekId?: string): Promise<AgentStatus | undefined> {
    const answer = await this.ask({ op: "status", kekId });
    if (answer === undefined) return undefined;
    const status = decodeStatus(expectOk(answer)[0]);
    if (status === undefined) throw unintelligible();
    return status;
  }

  /** Gives the agent a key to hold, which the caller wipes; `false` if there is no agent. */
  async hold(vaultId: string, kek: Uint8Array, timeouts: Timeouts): Promise<boolean> {
    const answer = await this.ask({ op: "hold", vaultId, kek, timeouts });
    if (answer !== undefined) expectOk(answer);
    return answer !== undefined;
  }

  /**
   * Makes the agent wipe its key; `false` if there is no agent. With `stop`, and if it was started by `unlock`, it
   * is gone when this resolves.
   */
  async lock(how: "lock" | "stop" = "lock"): Promise<boolean> {
    const answer = await this.ask({ op: how });
    if (answer === undefined) return false;
    if (decodeEnds(expectOk(answer)[0])) await this.#untilGone();
    return true;
  }

  /**
   * Sends a request and waits for its answer, which the caller wipes; `undefined` if there is no agent, or it
   * ended before it answered.
   *
   * @throws {VaultError} `KEY_UNAVAILABLE` if it does not answer in time or speaks something else.
   */
  async ask(request: Request): Promise<Answer | undefined> {
    const frame = encodeRequest(request);
    try {
      return await this.#mutex.run(async () => {
        // A connection that was quiet may have been ended by the agent meanwhile.
        const reused = this.#connection;
        const answer = reused === undefined ? undefined : await this.#exchange(reused, frame);
        if (answer !== undefined) return answer;
        const connection = this.#connection = await this.#connect();
        return connection === undefined ? undefined : await this.#exchange(connection, frame);
      });
    } finally {
      wipe(frame);
    }
  }

  /** Ends the connection. The next request makes a new one. */
  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #untilGone(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    const cancel = this.#clock.after(ANSWER_MS, () => connection.close());
    while (await connection.receive() !== undefined);
    cancel();
    this.close();
  }

  async #exchange(connection: Connection, frame: Uint8Array): Promise<Answer | undefined> {
    let isLate = false;
    const cancel = this.#clock.after(ANSWER_MS, () => {
      isLate = true;
      connection.close();
    });
    try {
      const answer = await send(connection, frame).then(() => receive(connection));
      if (isLate) throw silent();
      if (answer === undefined) this.close();
      return answer;
    } catch (error) {
      this.close();
      throw error;
    } finally {
      cancel();
    }
  }
}

// A connection that breaks while it is written to may hold an answer all the same: that of another version.
async function send(connection: Connection, frame: Uint8Array): Promise<void> {
  await connection.send(frame).catch(() => {});
}

async function receive(connection: Connection): Promise<Answer | undefined> {
  const reader = new FrameReader();
  for (;;) {
    const chunk = await connection.receive();
    if (chunk === undefined) return undefined;
    try {
      for (const body of reader.push(chunk)) {
        const answer = decodeAnswer(body);
        if (typeof answer !== "string") return answer;
        throw answer === "version" ? otherVersion() : unintelligible();
      }
    } catch (error) {
      throw error instanceof BrokenFrame ? unintelligible() : error;
    } finally {
      wipe(chunk);
    }
  }
}

/**
 * The fields of an answer that must be `ok`.
 *
 * @throws {VaultError} `KEY_UNAVAILABLE` if it is not.
 */
export function expectOk(answer: Answer): readonly Uint8Array[] {
  if (answer.status === "ok") return answer.fields;
  throw answer.status === "version" ? otherVersion() : unexpected(answer.status);
}

function unexpected(status: AnswerStatus): VaultError {
  return unavailable(`it refuses (${status})`);
}

function otherVersion(): VaultError {
  return unavailable("it is of another version of aivault");
}

function unintelligible(): VaultError {
  return unavailable("it answers something that this program does not understand");
}

function silent(): VaultError {
  const problem = `it did not answer within ${ANSWER_MS / 1000} seconds`;
  return unavailable(problem, "look for its process, and end it: pgrep -fl 'agent run'");
}

function unavailable(problem: string, hint = "end it with: aivault lock"): VaultError {
  return new VaultError("KEY_UNAVAILABLE", ATTEMPTED, problem, {
    hints: [hint, "then unlock again with: aivault unlock"],
  });
}
