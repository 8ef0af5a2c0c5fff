/**
 * The other side of starting an agent: the process that was started.
 *
 * @module
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { concat, wipe } from "../../lib/crypto/bytes.ts";
import { FrameReader } from "../../lib/agent/frame.ts";
import { decodeRequest, type Request } from "../../lib/agent/request.ts";
import { VaultError } from "../../lib/errors.ts";
import type { StartReport } from "./agent_process.ts";
import { runAgent } from "./agent_run.ts";
import type { AgentPlace } from "./agent_socket.ts";

/** Takes a key from standard input, says on standard output what becomes of it, and is the agent until it is locked. */
export async function runStartedAgent(place: AgentPlace, version: string): Promise<void> {
  try {
    const hold = await readHold();
    const how = await runAgent(place, {
      version,
      hold,
      staysLocked: false,
      onServing: () => report({ outcome: "serving" }),
    });
    if (how === "another") report({ outcome: "another" });
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    const { code, attempted, problem, hints } = error;
    report({ outcome: "failed", code, attempted, problem, hints: [...hints] } as StartReport);
  }
  // Whatever the runtime may still wait for: nobody can reach this process any more.
  process.exit();
}

async function readHold(): Promise<Request> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) chunks.push(chunk);
  process.stdin.destroy();
  const frame = concat(...chunks);
  wipe(...chunks);
  try {
    for (const body of new FrameReader().push(frame)) {
      const request = decodeRequest(body);
      if (typeof request === "object" && request.op === "hold") return request;
    }
  } finally {
    wipe(frame);
  }
  throw new VaultError("KEY_UNAVAILABLE", "start the agent", "it was given no key");
}

// Whoever started it may be gone.
function report(what: StartReport): void {
  try {
    writeSync(1, `${JSON.stringify(what)}\n`);
  } catch {
    // Nobody listens.
  }
}
