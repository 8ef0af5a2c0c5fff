/**
 * Waiting for what another process does.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";

/**
 * Looks until `isSo` gives true.
 *
 * @throws {Error} if it does not within a minute.
 */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!await isSo()) {
    if (Date.now() > deadline) throw new Error("it did not happen within a minute");
    await delay(10);
  }
}
