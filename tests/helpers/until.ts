/**
 * Waiting for what another process does.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

/** Waits until `isTrue`, or fails after `seconds`, which are many, for a machine that has much else to do. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  seconds = 100,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!await isTrue()) {
    assert.ok(Date.now() < deadline, `${what}: not within ${seconds} seconds`);
    await delay(20);
  }
}
