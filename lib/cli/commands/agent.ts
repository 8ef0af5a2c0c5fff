/**
 * `aivault agent …`
 *
 * @module
 */
import { VaultError } from "../../errors.ts";
import { heldDocument, heldFacts } from "../agent_facts.ts";
import { statusOf, withAgent } from "../agent_status.ts";
import type { CliContext } from "../context.ts";
import { describeTime, factLines } from "../facts.ts";
import type { CommonFlags } from "../flags.ts";
import { type CommandResult, say } from "../report.ts";

/** Flags of `agent run`. */
export interface AgentRunFlags extends CommonFlags {
  readonly foreground?: boolean;
  readonly started?: boolean;
}

/** Is the agent of the vault until it is told to end. */
export async function run(context: CliContext, flags: AgentRunFlags): Promise<CommandResult> {
  if (flags.started === true) {
    await context.agent.runStarted();
    return { text: [], json: {} };
  }
  const attempted = "run the agent";
  if (flags.foreground !== true) {
    throw new VaultError("INVALID_INPUT", attempted, "--foreground is needed", {
      hints: ["an agent in the background is started by: aivault unlock"],
    });
  }
  const how = await context.agent.run((path) => {
    say(context, `the agent listens at ${path}; unlock the vault with: aivault unlock`);
  });
  if (how === "another") {
    throw new VaultError("ALREADY_EXISTS", attempted, "this vault has a living agent", {
      hints: ["end it with: aivault agent stop"],
    });
  }
  return { text: ["the agent has ended"], json: { state: "stopped" } };
}

/** Says how things stand with the agent. */
export async function status(context: CliContext, _flags: CommonFlags): Promise<CommandResult> {
  const found = await statusOf(context);
  if (found === undefined) {
    return {
      text: ["no agent runs"],
      json: {
        state: "stopped",
        pid: null,
        version: null,
        startedAtMs: null,
        ...heldDocument(null),
      },
    };
  }
  const { held, pid, version, startedAtMs } = found;
  const state = held === null ? "locked" : "unlocked";
  return {
    text: factLines([
      ["state", state],
      ["process", String(pid)],
      ["version", version],
      ["started", describeTime(startedAtMs)],
      ...heldFacts(held),
    ]),
    json: { state, pid, version, startedAtMs, ...heldDocument(held) },
  };
}

/** Makes the agent wipe its key and end. */
export async function stop(context: CliContext, _flags: CommonFlags): Promise<CommandResult> {
  const wasRunning = await withAgent(context, (client) => client.lock("stop"));
  return {
    text: [wasRunning ? "the agent has ended" : "no agent runs"],
    json: { state: "stopped", wasRunning },
  };
}
