/**
 * The command that runs this program as the agent of a vault, with no more leave than that takes.
 *
 * @module
 */
import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { agentPaths, socketOf } from "./agent_address.ts";
import type { AgentPlace } from "./agent_socket.ts";
import { makePrivateDirectory } from "./private_directory.ts";

/**
 * The command for the agent of the vault at `place`, where the URL of the running main module is `mainModule`: a script
 * of Deno, Bun or Node, or a compiled binary.
 */
export async function agentCommand(
  mainModule: string,
  place: AgentPlace,
): Promise<readonly string[]> {
  return [...await programCommand(mainModule, place), "agent", "run", "--started"];
}

async function programCommand(mainModule: string, place: AgentPlace): Promise<readonly string[]> {
  const isCompiled = /^(?:file:\/\/)?\/?(?:\$bunfs|[A-Z]:\/~BUN)\//.test(mainModule) ||
    mainModule.includes("/deno-compile-");
  if (isCompiled) return [process.execPath];
  const isLocal = mainModule.startsWith("file:");
  const script = isLocal ? fileURLToPath(mainModule) : mainModule;
  if (process.versions["deno"] === undefined) return [process.execPath, script];
  // What lies on this disk needs nothing that does not.
  const load = isLocal ? ["--cached-only", "--deny-import"] : [];
  const leave = await denoPermissions(place);
  return [process.execPath, "run", "--quiet", ...load, ...leave, script];
}

/** Leave to look at the vault's directory, and to serve on the one socket: no network, and no other program. */
async function denoPermissions(place: AgentPlace): Promise<readonly string[]> {
  const leave = ["--no-prompt", "--allow-env", "--allow-sys=uid,getPriority"];
  // On Windows the agent listens on a pipe.
  if (process.platform === "win32") {
    return [...leave, "--allow-read", "--allow-write", "--allow-net"];
  }
  const { vaultDirectory } = place;
  const { directory } = agentPaths(vaultDirectory);
  const socket = await socketOf(place);
  // What lies above it may have to be made too, for which the agent has no leave.
  if (dirname(socket) !== directory) await makePrivateDirectory(dirname(socket));
  const read = [vaultDirectory, await realPathOf(vaultDirectory), dirname(socket)];
  const write = [directory, dirname(socket)];
  return [...leave, allow("read", read), allow("write", write), `--allow-net=unix:${socket}`];
}

function realPathOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

// No path with a comma can be named in such a list.
function allow(what: string, paths: readonly string[]): string {
  const list = [...new Set(paths)];
  const canName = list.every((path) => !path.includes(","));
  return canName ? `--allow-${what}=${list.join(",")}` : `--allow-${what}`;
}
