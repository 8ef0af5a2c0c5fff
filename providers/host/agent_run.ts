/**
 * Being the agent of a vault, in this process.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { clearInterval, setInterval } from "node:timers";
import { setTimeout as delay } from "node:timers/promises";
import { KeyHolder, wipeRequest } from "../../lib/agent/key_holder.ts";
import type { Request } from "../../lib/agent/request.ts";
import { AgentServer } from "../../lib/agent/server.ts";
import { type AgentPlace, listenAsAgent, type Listening } from "./agent_socket.ts";
import { isForbidden } from "./forbidden.ts";
import { socketConnection } from "./socket_connection.ts";
import { systemClock } from "./system_clock.ts";
import { useNativeCipher } from "./native_cipher.ts";

/** An agent whose socket is gone ends itself: 10 seconds at most. */
export const LOOK_EVERY_MS = 10_000;

/** How long it waits to leave its place in order. */
const LEAVE_MS = 5_000;

/** SIGUSR1 is among them, at which Node and Deno would open a debugger to every user of this machine. */
const END_SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1"] as const;

/** How an agent runs. */
export interface AgentRun {
  /** The version of the program. */
  readonly version: string;
  /** What it holds from the start; without it, it waits to be unlocked. It is wiped. */
  readonly hold?: Request;
  /** Whether it stays when it is locked. */
  readonly staysLocked: boolean;
  /** Called when clients can reach it. */
  readonly onServing: (path: string) => void | Promise<void>;
}

/**
 * Serves until it is told to end, by a client, a signal (SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1) or, unless it stays
 * locked, by being locked. Then the key is wiped and the socket removed.
 *
 * @returns `another` at once if the vault has a living agent.
 * @throws {VaultError} `KEY_UNUSABLE` if the agent's place is not the user's alone; `DISK`.
 */
export async function runAgent(place: AgentPlace, run: AgentRun): Promise<"ended" | "another"> {
  const ending = Promise.withResolvers<void>();
  const end = () => ending.resolve();
  const identity = { pid: process.pid, version: run.version };
  const holder = new KeyHolder({
    clock: systemClock,
    identity,
    endsLocked: !run.staysLocked,
    onLocked() {
      if (!run.staysLocked) void server.whenAnswered().then(end);
    },
  });
  const server = new AgentServer(holder, systemClock, end);
  for (const signal of END_SIGNALS) process.on(signal, end);
  await becomeUnreadable();
  useNativeCipher();
  if (run.hold !== undefined) {
    await holder.answer(run.hold);
    wipeRequest(run.hold);
  }
  try {
    const listening = await listenAsAgent(place, (socket) => {
      void server.serve(socketConnection(socket));
    });
    if (listening === undefined) return "another";
    await serve(listening, run, ending.promise, end);
    holder.lock();
    // The place may be gone with the whole vault; the process ends all the same.
    await Promise.race([
      listening.leave().catch(() => {}),
      delay(LEAVE_MS, undefined, { ref: false }),
    ]);
  } finally {
    holder.lock();
    server.close();
  }
  return "ended";
}

async function serve(
  listening: Listening,
  run: AgentRun,
  ended: Promise<void>,
  end: () => void,
): Promise<void> {
  const look = setInterval(() => {
    // Nobody could reach it to lock it.
    listening.isInPlace().then((isInPlace) => isInPlace || end(), end);
  }, LOOK_EVERY_MS);
  try {
    leaveDirectory();
    await run.onServing(listening.path);
    await ended;
  } finally {
    clearInterval(look);
  }
}

// A vault on a disk that is to be taken out is not held by its agent.
function leaveDirectory(): void {
  try {
    process.chdir("/");
  } catch (error) {
    // Deno with the permissions of an agent that was started: it is there already.
    if (!isForbidden(error)) throw error;
  }
}

// Where a core dump goes to a program, the limit of its size does not keep it from being made: this does.
async function becomeUnreadable(): Promise<void> {
  if (process.platform !== "linux") return;
  await writeFile("/proc/self/coredump_filter", "0").catch(() => {});
}
