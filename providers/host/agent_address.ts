/**
 * Where the agent of a vault is reached, and whether that place can be trusted.
 *
 * A socket is a file in `run/` of the vault's directory. The system takes only short paths for sockets, so that of
 * a vault with a long path lies in a directory of the user's own, and `run/agent.path` says where.
 *
 * @module
 */
import { lstat, readFile, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import process from "node:process";
import { toHex, utf8 } from "../../lib/crypto/bytes.ts";
import { sha256 } from "../../lib/crypto/kdf.ts";
import { VaultError } from "../../lib/errors.ts";
import { diskError, errnoOf, isAbsence } from "./disk_error.ts";
import { shellWord } from "./shell_word.ts";

/** The longest path of a socket, in bytes: macOS takes 103, Linux 107. */
const MAX_SOCKET_PATH = 100;

const ATTEMPTED = "reach the agent";

/** Where the parts of a vault's agent are. */
export interface AgentPaths {
  /** Only the user may enter it. */
  readonly directory: string;
  /** The socket, if its path fits. */
  readonly socket: string;
  /** Says where the socket is, if its path does not fit. */
  readonly pointer: string;
  /** Held while an agent takes its place. */
  readonly lock: string;
}

/** The places for the vault in `vaultDirectory`. */
export function agentPaths(vaultDirectory: string): AgentPaths {
  const directory = join(vaultDirectory, "run");
  return {
    directory,
    socket: join(directory, "agent.sock"),
    pointer: join(directory, "agent.path"),
    lock: join(directory, ".agent-lock"),
  };
}

/** Whether `path` is short enough for a socket, and can be named in a list of Deno's permissions. */
export function fitsSocket(path: string): boolean {
  return utf8(path).length <= MAX_SOCKET_PATH && !path.includes(",");
}

/** The path of the socket on which the agent of a vault is to listen. */
export async function socketOf(
  { vaultDirectory, env }: { vaultDirectory: string; env: (name: string) => string | undefined },
): Promise<string> {
  const { socket } = agentPaths(vaultDirectory);
  return fitsSocket(socket) ? socket : await distantSocket(vaultDirectory, env);
}

/** The pipe of the vault's agent on Windows. */
export function pipeName(vaultDirectory: string): string {
  return `\\\\.\\pipe\\aivault-${digest(vaultDirectory)}`;
}

/** Where the agent of a vault whose own path does not fit listens. */
async function distantSocket(
  vaultDirectory: string,
  env: (name: string) => string | undefined,
): Promise<string> {
  const name = `${digest(await realpath(vaultDirectory))}.sock`;
  const runtime = env("XDG_RUNTIME_DIR") ?? "";
  const own = `aivault-${process.getuid?.() ?? "user"}`;
  const places = [
    ...isAbsolute(runtime) ? [join(runtime, "aivault", name)] : [],
    join(tmpdir(), own, name),
    join("/tmp", own, name),
  ];
  const place = places.find(fitsSocket);
  if (place !== undefined) return place;
  throw new VaultError("KEY_UNAVAILABLE", ATTEMPTED, "there is no directory with a short path", {
    hints: ["set XDG_RUNTIME_DIR to a directory of yours with a short path"],
  });
}

/**
 * The path of the agent's socket; `undefined` if there is none.
 *
 * @throws {VaultError} `KEY_UNUSABLE` if the socket or its directory is not the user's alone.
 */
export async function findSocket(paths: AgentPaths): Promise<string | undefined> {
  if (!await isPrivateDirectory(paths.directory)) return undefined;
  const socket = fitsSocket(paths.socket) ? paths.socket : await readPointer(paths.pointer);
  if (socket === undefined) return undefined;
  if (dirname(socket) !== paths.directory && !await isPrivateDirectory(dirname(socket))) {
    return undefined;
  }
  return await isPrivateSocket(socket) ? socket : undefined;
}

// The directory that it lies in is the user's alone, so nobody else has written it.
async function readPointer(path: string): Promise<string | undefined> {
  try {
    const socket = await readFile(path, "utf8");
    return isAbsolute(socket) && fitsSocket(socket) ? socket : undefined;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw diskError(ATTEMPTED, error);
  }
}

/**
 * Whether a directory is there, and the user's alone.
 *
 * @throws {VaultError} `KEY_UNUSABLE` if it is there, but not the user's alone.
 */
export async function isPrivateDirectory(path: string): Promise<boolean> {
  const found = await look(path);
  if (found === undefined) return false;
  if (found.isSymbolicLink()) throw untrusted(path, "is a symbolic link");
  if (!found.isDirectory()) throw untrusted(path, "is not a directory");
  checkOwner(path, found.uid, found.mode, "700");
  return true;
}

/**
 * Whether a socket is there, and the user's alone.
 *
 * @throws {VaultError} `KEY_UNUSABLE` if something else is there, or it is not the user's alone.
 */
export async function isPrivateSocket(path: string): Promise<boolean> {
  const found = await look(path);
  if (found === undefined) return false;
  if (found.isSymbolicLink()) throw untrusted(path, "is a symbolic link");
  if (!found.isSocket()) throw untrusted(path, "is not a socket");
  checkOwner(path, found.uid, found.mode, "600");
  return true;
}

function checkOwner(path: string, uid: number, mode: number, wanted: string): void {
  const user = process.getuid?.();
  if (user === undefined) return;
  if (uid !== user) throw untrusted(path, "belongs to another user");
  if ((mode & 0o077) !== 0) {
    const mend = `mend it with: chmod ${wanted} ${shellWord(path)}`;
    throw untrusted(path, "can be used by other users", mend);
  }
}

async function look(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw diskError(ATTEMPTED, error);
  }
}

function untrusted(path: string, what: string, hint?: string): VaultError {
  const hints = [hint ?? "find out who put it there, remove it, and unlock again"];
  return new VaultError("KEY_UNUSABLE", ATTEMPTED, `${path} ${what}`, { hints });
}

function digest(text: string): string {
  return toHex(sha256(utf8(text))).slice(0, 32);
}
