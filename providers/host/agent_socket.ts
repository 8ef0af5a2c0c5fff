/**
 * The socket of a vault's agent: connecting to it, and listening on it as the only one.
 *
 * @module
 */
import { chmod, link, lstat, rename, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { Connector } from "../../lib/agent/connection.ts";
import { utf8 } from "../../lib/crypto/bytes.ts";
import { VaultError } from "../../lib/errors.ts";
import {
  type AgentPaths,
  agentPaths,
  findSocket,
  isPrivateDirectory,
  isPrivateSocket,
  pipeName,
  socketOf,
} from "./agent_address.ts";
import { diskError, errnoOf, isAbsence } from "./disk_error.ts";
import { isForbidden } from "./forbidden.ts";
import { withInitLock } from "./init_lock.ts";
import { makePrivateDirectory } from "./private_directory.ts";
import { replacePrivateFile } from "./private_file.ts";
import { socketConnection } from "./socket_connection.ts";
import { temporaryPath } from "./temporary_file.ts";

/** How long a full queue of connections is waited for: 2 seconds. */
const QUEUE_MS = 2_000;
const POLL_MS = 20;

const ATTEMPTED = "start the agent";

/** Where a vault is, and the environment. */
export interface AgentPlace {
  /** The vault's directory. */
  readonly vaultDirectory: string;
  /** The value of an environment variable. */
  env(name: string): string | undefined;
}

/**
 * Connects to the agent of a vault.
 *
 * The connector fails with `KEY_UNUSABLE` if what is in the agent's place is not the user's alone.
 */
export function agentConnector(vaultDirectory: string): Connector {
  return async () => {
    const socket = await reach(vaultDirectory);
    return socket === undefined ? undefined : socketConnection(socket);
  };
}

async function reach(vaultDirectory: string): Promise<Socket | undefined> {
  if (process.platform === "win32") return await dial(pipeName(vaultDirectory));
  const path = await findSocket(agentPaths(vaultDirectory));
  return path === undefined ? undefined : await dial(path);
}

/** A connection to what listens at `path`; `undefined` if nothing does. */
async function dial(path: string): Promise<Socket | undefined> {
  const deadline = Date.now() + QUEUE_MS;
  for (;;) {
    const outcome = await dialOnce(path);
    if (typeof outcome !== "string") return outcome;
    if (["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(outcome)) return undefined;
    if (outcome !== "EAGAIN" || Date.now() > deadline) {
      throw new VaultError("KEY_UNAVAILABLE", "reach the agent", `the system says ${outcome}`);
    }
    await delay(POLL_MS);
  }
}

function dialOnce(path: string): Promise<Socket | string> {
  return new Promise((resolve, reject) => {
    const socket = tryConnect(path, reject);
    if (socket === undefined) return;
    const fail = (error: unknown) => {
      socket.destroy();
      resolve(errnoOf(error) || "EIO");
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

function tryConnect(path: string, reject: (error: unknown) => void): Socket | undefined {
  try {
    return connect({ path });
  } catch (error) {
    reject(isForbidden(error) ? notAllowed("reach the agent", path, error) : error);
    return undefined;
  }
}

function notAllowed(attempted: string, path: string, cause: unknown): VaultError {
  return new VaultError("KEY_UNAVAILABLE", attempted, "Deno does not allow this program to", {
    hints: [`allow it with: deno run --allow-net=unix:${path}`],
    cause,
  });
}

/** The agent's place, taken. */
export interface Listening {
  /** The path of the socket. */
  readonly path: string;
  /** Whether clients still find this agent there. */
  isInPlace(): Promise<boolean>;
  /** Leaves the place: no client finds this agent any more. Connections stay as they are. */
  leave(): Promise<void>;
}

/**
 * Listens in the place of the vault's agent. A socket that a dead agent left behind is replaced, a living
 * one's never.
 *
 * @returns `undefined` if there is a living agent.
 * @throws {VaultError} `KEY_UNUSABLE` if what is in the place is not the user's alone; `DISK`.
 */
export async function listenAsAgent(
  place: AgentPlace,
  onConnection: (socket: Socket) => void,
): Promise<Listening | undefined> {
  const server = createServer(onConnection);
  if (process.platform === "win32") return await listenOnPipe(server, place.vaultDirectory);
  const paths = agentPaths(place.vaultDirectory);
  await claimDirectory(paths.directory);
  const path = await socketOf(place);
  const isNear = path === paths.socket;
  if (!isNear) await claimDirectory(dirname(path));
  return await alone(paths, async () => {
    if (!await makeWay(path)) return undefined;
    await listenPrivately(server, path);
    if (!isNear) await replacePrivateFile(paths.pointer, utf8(path));
    return await listening(server, paths, path, isNear);
  });
}

async function claimDirectory(path: string): Promise<void> {
  await makePrivateDirectory(path);
  await isPrivateDirectory(path);
}

async function alone<T>(paths: AgentPaths, work: () => Promise<T>): Promise<T | undefined> {
  return await withInitLock(paths.lock, () => Promise.resolve(false), work, ATTEMPTED);
}

/** Removes what a dead agent left at `path`; `false` if an agent lives there. */
async function makeWay(path: string): Promise<boolean> {
  if (!await isPrivateSocket(path)) return true;
  const before = await identity(path);
  const living = await dial(path);
  living?.destroy();
  if (living !== undefined) return false;
  // Moved away before it is removed, so that only what was seen to be dead is.
  const aside = temporaryPath(path);
  try {
    await rename(path, aside);
    const isSame = await identity(aside) === before;
    if (!isSame) await link(aside, path);
    await rm(aside, { force: true });
    return isSame;
  } catch (error) {
    throw diskError(ATTEMPTED, error);
  }
}

async function listenPrivately(server: Server, path: string): Promise<void> {
  // The socket is born with the mode that the umask leaves, so nobody else can connect even for a moment.
  const umask = setUmask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, () => {
        server.off("error", reject);
        resolve();
      });
    });
    await chmod(path, 0o600);
  } catch (error) {
    throw isForbidden(error) ? notAllowed(ATTEMPTED, path, error) : diskError(ATTEMPTED, error);
  } finally {
    if (umask !== undefined) setUmask(umask);
  }
  await isPrivateSocket(path);
}

// Deno may not allow it. The directory is the user's alone in any case.
function setUmask(mask: number): number | undefined {
  try {
    return process.umask(mask);
  } catch {
    return undefined;
  }
}

async function listening(
  server: Server,
  paths: AgentPaths,
  path: string,
  isNear: boolean,
): Promise<Listening> {
  const mine = await identity(path);
  const isInPlace = async () => await identity(path) === mine;
  return {
    path,
    isInPlace,
    async leave() {
      // A place that was removed, perhaps with the whole vault, is not made again.
      if (!await isInPlace()) return void server.unref();
      // Closing a server removes its socket by name, so nobody may take the place meanwhile.
      await alone(paths, async () => {
        if (!await isInPlace()) return server.unref();
        if (!isNear) await rm(paths.pointer, { force: true });
        server.close();
        await rm(path, { force: true });
      });
    },
  };
}

/** What tells the file at `path` from every other; `undefined` if there is none. */
async function identity(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, ctimeMs, birthtimeMs } = await lstat(path);
    return `${dev}:${ino}:${birthtimeMs || ctimeMs}`;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw diskError(ATTEMPTED, error);
  }
}

async function listenOnPipe(
  server: Server,
  vaultDirectory: string,
): Promise<Listening | undefined> {
  const path = pipeName(vaultDirectory);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, () => resolve());
    });
  } catch (error) {
    if (errnoOf(error) === "EADDRINUSE" || errnoOf(error) === "EACCES") return undefined;
    throw diskError(ATTEMPTED, error);
  }
  return {
    path,
    isInPlace: () => Promise.resolve(true),
    leave: () => Promise.resolve(void server.close()),
  };
}
