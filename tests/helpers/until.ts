/**
 * Waiting for what another process does.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";

/**
 * Looks until `isSo` gives true.
 *
 * @throws {Error} if it does not within 100 seconds, which are many, for a machine that has much else to do.
 */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 100_000;
  while (!await isSo()) {
    if (Date.now() > deadline) throw new Error("it did not happen within 100 seconds");
    await delay(10);
  }
}
