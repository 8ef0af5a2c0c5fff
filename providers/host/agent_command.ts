/**
 * The command that runs this program as the agent of a vault, with no more leave than that takes.
 *
 * @module
 */
import { realpath } from "node:fs/promises";
import { dirname, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { agentPaths, socketOf } from "./agent_address.ts";
import type { AgentPlace } from "./agent_socket.ts";
import { makePrivateDirectory } from "./private_directory.ts";

/** How an agent is started. */
export interface AgentCommand {
  /** The program and its arguments. */
  readonly words: readonly string[];
  /** Where it is started. */
  readonly directory: string;
}

/**
 * The command for the agent of the vault at `place`, where the URL of the running main module is `mainModule`: a script
 * of Deno, Bun or Node, or a compiled binary.
 */
export async function agentCommand(mainModule: string, place: AgentPlace): Promise<AgentCommand> {
  const { words, directory } = await programCommand(mainModule, place);
  return { words: [...words, "agent", "run", "--started"], directory };
}

async function programCommand(mainModule: string, place: AgentPlace): Promise<AgentCommand> {
  const isCompiled = /^(?:file:\/\/)?\/?(?:\$bunfs|[A-Z]:\/~BUN)\//.test(mainModule) ||
    mainModule.includes("/deno-compile-");
  if (isCompiled) return { words: [process.execPath], directory: "/" };
  const isLocal = mainModule.startsWith("file:");
  const script = isLocal ? fileURLToPath(mainModule) : mainModule;
  if (process.versions["deno"] === undefined) {
    return { words: [process.execPath, script], directory: "/" };
  }
  // What lies on this disk needs nothing that does not.
  const load = isLocal ? ["--cached-only", "--deny-import"] : [];
  const { leave, directory } = await denoPermissions(place);
  return { words: [process.execPath, "run", "--quiet", ...load, ...leave, script], directory };
}

/** Leave to look at the vault's directory, and to serve on the one socket: no network, and no other program. */
async function denoPermissions(
  place: AgentPlace,
): Promise<{ leave: readonly string[]; directory: string }> {
  const general = ["--no-prompt", "--allow-env", "--allow-sys=uid,getPriority"];
  // On Windows the agent listens on a pipe.
  if (process.platform === "win32") {
    return { leave: [...general, "--allow-read", "--allow-write", "--allow-net"], directory: "/" };
  }
  const { vaultDirectory } = place;
  const { directory } = agentPaths(vaultDirectory);
  const socket = await socketOf(place);
  // What lies above it may have to be made too, for which the agent has no leave.
  if (dirname(socket) !== directory) await makePrivateDirectory(dirname(socket));
  const real = await realPathOf(vaultDirectory);
  // A path with a comma cannot be named in a list, but by how it is reached from where the agent is started.
  const start = real.includes(",") ? real : "/";
  const named = (path: string): string => {
    const isBelow = start === real && (path === real || path.startsWith(`${real}/`));
    return isBelow ? relative(real, path) || "." : path;
  };
  const read = [vaultDirectory, real, dirname(socket)].map(named);
  const write = [directory, dirname(socket)].map(named);
  const files = [allow("read", read), allow("write", write)];
  return { leave: [...general, ...files, `--allow-net=unix:${socket}`], directory: start };
}

function realPathOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

// A symbolic link whose own path has a comma cannot be named at all.
function allow(what: string, paths: readonly string[]): string {
  const list = [...new Set(paths)];
  const canName = list.every((path) => !path.includes(","));
  return canName ? `--allow-${what}=${list.join(",")}` : `--allow-${what}`;
}
