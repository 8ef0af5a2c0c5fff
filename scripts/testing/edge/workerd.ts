/**
 * The runtime of edge workers as a place for the core's tests.
 *
 * @module
 */
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Readable } from "node:stream";
import type { EdgeReport } from "../../../tests/edge/run_all.ts";
import { killGroup } from "../kill_group.ts";
import { missingPlace, type Place } from "./place.ts";

/** Why there is no workerd. */
export const NO_WORKERD =
  "no workerd here; `npm test` installs it where there is one for the machine";

/** The executable of workerd in tests/runtimes. */
export function workerdCommand(root: string): string | undefined {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const folder = `workerd-${system}-${process.arch === "arm64" ? "arm64" : "64"}`;
  const name = process.platform === "win32" ? "workerd.exe" : "workerd";
  const path = join(root, "tests/runtimes/node_modules/@cloudflare", folder, "bin", name);
  return existsSync(path) ? path : undefined;
}

/** workerd as a place. */
export function findWorkerd(root: string): Place {
  const command = workerdCommand(root);
  if (command === undefined) return missingPlace(NO_WORKERD);
  const { stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
  return {
    version: stdout.trim(),
    run: (bundle, directory, timeoutMs) => runInWorkerd(command, bundle, directory, timeoutMs),
  };
}

/** hash-wasm compiles its WebAssembly when it is called; workers may only bring compiled modules along. */
const NO_WASM = "workerd compiles no WebAssembly at run time, which Argon2id of hash-wasm needs";

const WORKER = `import { run, runAll } from "./edge.js";
const skip = { "tests/crypto/argon2.test.ts": ${JSON.stringify(NO_WASM)} };
const worker = { fetch: async () => Response.json(await runAll({ ...run, skip })) };
export { worker as default };
`;

// A date from before the runtime had modules of Node of its own.
const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .tests)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const tests :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "edge.js", esModule = embed "edge.js")
  ],
  compatibilityDate = "2024-01-01",
);
`;

async function runInWorkerd(
  command: string,
  bundle: string,
  directory: string,
  timeoutMs: number,
): Promise<EdgeReport> {
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write("edge.js", readFileSync(bundle, "utf8"));
  write("worker.js", WORKER);
  write("config.capnp", CONFIG);
  const { port, stop } = await serveWorker(command, directory);
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal });
    if (!response.ok) throw new Error(await response.text());
    return await response.json();
  } finally {
    stop();
  }
}

/** Serves the worker of `config.capnp` in `directory`, whose socket is given a free port. */
export async function serveWorker(
  command: string,
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ port: number; stop: () => void }> {
  const args = ["serve", "config.capnp", "--control-fd=1", "--socket-addr=http=127.0.0.1:0"];
  const child = spawn(command, args, {
    cwd: directory,
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
    env,
  });
  const stop = () => killGroup(child.pid);
  try {
    return { port: await listening(child), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

function listening(child: ChildProcessByStdio<null, Readable, null>): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`workerd ended with ${code}`)));
    child.stdout.on("data", (chunk: Uint8Array) => {
      said += new TextDecoder().decode(chunk);
      const port = /"event":"listen".*"port":(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}
