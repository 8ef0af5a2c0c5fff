/**
 * What an agent says of itself, for people and for programs.
 *
 * @module
 */
import type { AgentStatus } from "../agent/answer.ts";
import { sameKekId } from "../vault/keys/kek.ts";
import { describeDuration } from "./duration.ts";
import { describeTime } from "./facts.ts";

/** What an agent holds, if it holds something. */
export type Held = AgentStatus["held"];

/** What the agent holds of the vault that has the key `kekId` now: nothing, if its key is another one. */
export function heldOf(status: AgentStatus | undefined, kekId: string): Held {
  const held = status?.held ?? null;
  return held !== null && sameKekId(held.kekId, kekId) ? held : null;
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
