/**
 * Starting the agent of a vault in a process of its own, which outlives this one.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import * as v from "valibot";
import { concat, fromUtf8 } from "../../lib/crypto/bytes.ts";
import { type AgentCommand, agentCommand } from "./agent_command.ts";
import type { AgentPlace } from "./agent_socket.ts";
import { socketOf } from "./agent_address.ts";
import { isForbidden } from "./forbidden.ts";
import { START_MS, type Started } from "../../lib/agent/hand_over.ts";
import { VaultError } from "../../lib/errors.ts";

const ATTEMPTED = "start the agent";

/** The variables that an agent needs. Not the others: the passphrase may be among them. */
const PASSED_ON = [
  "PATH",
  "HOME",
  "USERPROFILE",
  "SystemRoot",
  "TMPDIR",
  "TEMP",
  "TMP",
  "XDG_RUNTIME_DIR",
  "XDG_CACHE_HOME",
  "DENO_DIR",
];

// Not every sh has descriptors above 9; bash has.
const CLOSE_ABOVE_9 =
  'for fd in /dev/fd/*; do fd=${fd##*/}; case $fd in [1-9][0-9]*) eval "exec $fd>&-";; esac; done; exec "$@"';

// No core dump, neither into a file nor into a program; nothing that others may use from its birth on; and no open
// file of the caller's: it might be a lock or a pipe that somebody waits for. Deno would not let the agent do so itself.
const SHELL = "ulimit -c 0; { echo 0 >/proc/self/coredump_filter; } 2>/dev/null; umask 077; " +
  "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; " +
  `close='${CLOSE_ABOVE_9}'; (eval "exec 10>&-") 2>/dev/null && eval "$close"; ` +
  '[ -x /bin/bash ] && exec /bin/bash -c "$close" aivault-agent "$@"; exec "$@"';

const CODES = ["KEY_UNUSABLE", "KEY_UNAVAILABLE", "DISK", "BUSY"] as const;

/** What a new agent says on its standard output, as one line of JSON. */
const reportSchema = v.variant("outcome", [
  v.object({ outcome: v.literal("serving") }),
  v.object({ outcome: v.literal("another") }),
  v.object({
    outcome: v.literal("failed"),
    code: v.fallback(v.picklist(CODES), "KEY_UNAVAILABLE"),
    attempted: v.string(),
    problem: v.string(),
    hints: v.array(v.string()),
  }),
]);

/** How a new agent reports to whoever started it. */
export type StartReport = v.InferOutput<typeof reportSchema>;

/**
 * Starts the agent of the vault at `place` detached from this process: in a session of its own, with `/` as its
 * directory, unless its permissions can be named from the vault's only, and none of this process's streams. `frame` is
 * given to it on its standard input.
 *
 * @param mainModule The URL of the running main module.
 * @throws {VaultError} what the agent reports; `KEY_UNAVAILABLE` if it reports nothing in time.
 */
export async function startAgent(
  mainModule: string,
  place: AgentPlace,
  frame: Uint8Array,
): Promise<Started> {
  const notStarted = notStartedAs(await socketOf(place));
  const child = tryLaunch(await agentCommand(mainModule, place), place.vaultDirectory, notStarted);
  try {
    const report = parseReport(await talk(child, frame, notStarted));
    if (report.outcome !== "failed") return report.outcome;
    const { code, attempted, problem, hints } = report;
    throw new VaultError(code, attempted, problem, { hints });
  } catch (error) {
    if (child.pid !== undefined) child.kill("SIGKILL");
    throw error;
  } finally {
    child.stdout?.destroy();
    if (child.pid !== undefined) child.unref();
  }
}

type NotStarted = (error: unknown) => VaultError;

function tryLaunch(
  command: AgentCommand,
  vaultDirectory: string,
  notStarted: NotStarted,
): ChildProcess {
  try {
    return launch(command, vaultDirectory);
  } catch (error) {
    throw notStarted(error);
  }
}

function notStartedAs(socket: string): NotStarted {
  return (error) => {
    if (!isForbidden(error)) return failed("it cannot be started", error);
    const flag = process.platform === "win32" ? "--allow-net" : `--allow-net=unix:${socket}`;
    return new VaultError("KEY_UNAVAILABLE", ATTEMPTED, "Deno does not allow this program to", {
      hints: [
        `run it beside the others, and all of them with ${flag}: aivault agent run --foreground`,
        `or let this one start it, with ${flag} --allow-run=/bin/sh: that allows it to run anything`,
      ],
      cause: error,
    });
  };
}

function launch({ words, directory }: AgentCommand, vaultDirectory: string): ChildProcess {
  // A path that begins at this process's directory would be another one at the agent's.
  const env: Record<string, string> = { AIVAULT_DIR: vaultDirectory };
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  const [file = "", ...args] = process.platform === "win32"
    ? words
    : ["/bin/sh", "-c", SHELL, "aivault-agent", ...words];
  return spawn(file, args, {
    cwd: directory,
    env,
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
    windowsHide: true,
  });
}

/** Gives the child its frame, and returns the first line that it writes. */
function talk(
  child: ChildProcess,
  frame: Uint8Array,
  notStarted: NotStarted,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) return reject(failed("it has no pipes"));
    const chunks: Uint8Array[] = [];
    const timer = setTimeout(() => reject(failed("it did not start in time")), START_MS);
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      settle();
    };
    child.on("error", (error) => finish(() => reject(notStarted(error))));
    stdin.on("error", () => {});
    stdout.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk);
      if (chunk.includes(0x0a)) finish(() => resolve(concat(...chunks)));
    });
    stdout.on("error", () => {});
    stdout.on("close", () => finish(() => reject(failed("it ended without a word"))));
    stdin.end(frame);
  });
}

function parseReport(line: Uint8Array): StartReport {
  try {
    return v.parse(reportSchema, JSON.parse(fromUtf8(line) ?? ""));
  } catch (error) {
    throw failed("it says something that this program does not understand", error);
  }
}

function failed(problem: string, cause?: unknown): VaultError {
  return new VaultError("KEY_UNAVAILABLE", ATTEMPTED, problem, {
    hints: ["see what is wrong with: aivault agent run --foreground"],
    cause,
  });
}
