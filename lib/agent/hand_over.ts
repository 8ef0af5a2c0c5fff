/**
 * Giving a key to the agent of a vault, starting one if there is none.
 *
 * @module
 */
import { wipe } from "../crypto/bytes.ts";
import { VaultError } from "../errors.ts";
import { AgentClient } from "./client.ts";
import type { Clock } from "./clock.ts";
import type { Connector } from "./connection.ts";
import { encodeRequest } from "./request.ts";
import type { Timeouts } from "./timeouts.ts";

/** How long an agent may take to start: 30 seconds. */
export const START_MS = 30_000;

/** What became of a new agent: it serves, or it ended because another one does. */
export type Started = "serving" | "another";

/** How an agent is reached and started. */
export interface AgentHost {
  /** Reaches the agent, if there is one. */
  readonly connect: Connector;
  /** Starts an agent in a process of its own and gives it the frame of a `hold`, which the caller wipes. */
  start(frame: Uint8Array): Promise<Started>;
}

/**
 * Makes an agent hold `kek`, which the caller wipes. When it resolves, other processes find the key there.
 *
 * @throws {VaultError} `KEY_UNAVAILABLE` if no agent can be started or reached.
 */
export async function handOver(
  host: AgentHost,
  clock: Clock,
  vaultId: string,
  kek: Uint8Array,
  timeouts: Timeouts,
): Promise<void> {
  const client = new AgentClient(host.connect, clock);
  const deadline = clock.elapsed() + START_MS;
  try {
    do {
      if (await client.hold(vaultId, kek, timeouts)) return;
      const frame = encodeRequest({ op: "hold", vaultId, kek, timeouts });
      try {
        if (await host.start(frame) === "serving") return;
      } finally {
        wipe(frame);
      }
      // Another process has just started one; or one is about to end, and still in its place.
    } while (clock.elapsed() < deadline);
  } finally {
    client.close();
  }
  throw new VaultError("KEY_UNAVAILABLE", "unlock the vault", "no agent could be started", {
    hints: ["end the one that does not answer with: aivault agent stop"],
  });
}
