/**
 * What an agent says of itself, for people and for programs.
 *
 * @module
 */
import type { AgentStatus } from "../agent/answer.ts";
import { AgentClient } from "../agent/client.ts";
import { sameKekId } from "../vault/kek.ts";
import type { CliContext } from "./context.ts";
import { describeTime } from "./describe.ts";
import { describeDuration } from "./duration.ts";

/** What an agent holds, if it holds something. */
export type Held = AgentStatus["held"];

/**
 * How things stand with the vault's agent; `undefined` if there is none. It extends no timeout.
 *
 * @param kekId The one that the vault has now.
 */
export async function statusOf(
  context: CliContext,
  kekId?: string,
): Promise<AgentStatus | undefined> {
  const client = new AgentClient(context.agent.connect, context.agent.clock);
  try {
    return await client.status(kekId);
  } finally {
    client.close();
  }
}

/** What the agent holds of the vault that has the key `kekId` now: nothing, if its key is another one. */
export function heldOf(status: AgentStatus | undefined, kekId: string): Held {
  const held = status?.held ?? null;
  return held !== null && sameKekId(held.kekId, kekId) ? held : null;
}

/** Makes the agent wipe a key that is not `kekId`: the vault has this one now, and the other serves nothing. */
export async function dropOtherKey(context: CliContext, kekId: string): Promise<void> {
  const client = new AgentClient(context.agent.connect, context.agent.clock);
  try {
    const status = await client.status(kekId);
    if (status !== undefined && status.held !== null && heldOf(status, kekId) === null) {
      await client.lock();
    }
  } catch {
    // What was done is done: an agent that does not answer serves nobody, and doctor reports it.
  } finally {
    client.close();
  }
}

/** Since when a key is held, and until when. */
export function heldFacts(held: Held): [string, string][] {
  if (held === null) return [];
  const { unlockedAtMs, idleTimeoutMs, maxAgeMs, locksAtMs } = held;
  const rules = [
    ...idleTimeoutMs === null ? [] : [`${describeDuration(idleTimeoutMs)} after its last use`],
    ...maxAgeMs === null ? [] : [`${describeDuration(maxAgeMs)} after it was unlocked`],
  ];
  const until = locksAtMs === null
    ? "when you lock it or the machine restarts"
    : `at ${describeTime(locksAtMs)} (${rules.join(", at most ")})`;
  return [["since", describeTime(unlockedAtMs)], ["locks", until]];
}

/** The same for programs: every field is `null` where there is nothing to tell. */
export function heldDocument(held: Held) {
  return {
    unlockedAtMs: held?.unlockedAtMs ?? null,
    locksAtMs: held?.locksAtMs ?? null,
    idleTimeoutMs: held?.idleTimeoutMs ?? null,
    maxAgeMs: held?.maxAgeMs ?? null,
  };
}
