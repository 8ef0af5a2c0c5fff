/**
 * The other side of starting an agent: the process that was started.
 *
 * @module
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { concat, wipe } from "../../lib/crypto/bytes.ts";
import { BrokenFrame, FrameReader, MAX_FRAME } from "../../lib/agent/frame.ts";
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
    process.exitCode = 1;
  }
  // Whatever the runtime may still wait for: nobody can reach this process any more.
  process.exit();
}

async function readHold(): Promise<Request> {
  const frame = await readFrame();
  try {
    for (const body of new FrameReader().push(frame)) {
      const request = decodeRequest(body);
      if (typeof request === "object" && request.op === "hold") return request;
      wipe(body);
    }
  } catch (error) {
    if (!(error instanceof BrokenFrame)) throw error;
  } finally {
    wipe(frame);
  }
  throw notGiven("it was given no key");
}

async function readFrame(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_FRAME) throw notGiven("what it was given is longer than a key can be");
    }
    return concat(...chunks);
  } finally {
    process.stdin.destroy();
    wipe(...chunks);
  }
}

function notGiven(problem: string): VaultError {
  return new VaultError("KEY_UNAVAILABLE", "start the agent", problem, {
    hints: ["it is started by: aivault unlock"],
  });
}

// Whoever started it may be gone.
function report(what: StartReport): void {
  try {
    writeSync(1, `${JSON.stringify(what)}\n`);
  } catch {
    // Nobody listens.
  }
}
