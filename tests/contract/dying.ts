/**
 * A process that dies at its n-th effect.
 *
 * @module
 */

/** Passes an effect on, unless the process is dead. */
export type Effect = <T>(work: () => Promise<T>) => Promise<T>;

/** Whether the effect at which the process dies still happens. */
export type When = "before" | "after";

/** What a dead process does. */
export class Died extends Error {}

/** Effects of a process that dies before or after the `n`-th of them; nothing happens any more after that. */
export function dyingAt(n: number, when: When): { effect: Effect; isDead(): boolean } {
  let count = 0;
  let dead = false;
  return {
    isDead: () => dead,
    async effect(work) {
      if (dead) throw new Died();
      count++;
      if (count < n) return await work();
      dead = true;
      if (when === "after") await work();
      throw new Died();
    },
  };
}

/** Runs `work`; a death ends it quietly. */
export async function untilDeath(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Died)) throw error;
  }
}
