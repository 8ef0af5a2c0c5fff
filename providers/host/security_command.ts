/**
 * The `security` command of macOS, run without a shell.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { concat, wipe } from "../../lib/crypto/bytes.ts";
import { VaultError } from "../../lib/errors.ts";
import { errnoOf } from "./disk_error.ts";

/** How a run of the command ended. */
export interface SecurityResult {
  /** 0 to 255; for a status of the Security framework its low byte, so −25300 becomes 44. */
  readonly exitCode: number;
  /** What it said, perhaps a key. The caller wipes it. */
  readonly stdout: Uint8Array;
  /** What it complained of. */
  readonly stderr: string;
}

/**
 * Runs `security` with `args` and gives it `stdin`, which is wiped whatever happens.
 *
 * Other users can see `args` while it runs: no key may stand there.
 *
 * @throws {VaultError} `KEY_UNAVAILABLE` if it cannot be started, does not end in time, or is killed.
 */
export type SecurityRunner = (
  args: readonly string[],
  stdin?: Uint8Array,
) => Promise<SecurityResult>;

/** Which command runs, and for how long. */
export interface SecurityCommandOptions {
  /** `/usr/bin/security` by default. Never taken from the environment, which others could set. */
  readonly path?: string | undefined;
  /** Milliseconds it may take, 60,000 by default: the Keychain may be asking the user in a window. */
  readonly timeoutMs?: number | undefined;
}

const ATTEMPTED = "ask the Keychain";

/** The command as a child process. */
export function securityCommand(options: SecurityCommandOptions = {}): SecurityRunner {
  const { path = "/usr/bin/security", timeoutMs = 60_000 } = options;
  return async (args, stdin) => {
    try {
      return await run(path, args, stdin, timeoutMs);
    } catch (error) {
      throw error instanceof VaultError ? error : cannotStart(path, error);
    } finally {
      wipe(stdin);
    }
  };
}

function run(
  path: string,
  args: readonly string[],
  stdin: Uint8Array | undefined,
  timeoutMs: number,
): Promise<SecurityResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      settle();
      wipe(...stdout, ...stderr);
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      end(() => reject(tooSlow(timeoutMs)));
    }, timeoutMs);
    child.on("error", (error) => end(() => reject(error)));
    child.on("close", (exitCode, signal) => {
      end(() => {
        if (exitCode === null) return reject(killed(String(signal)));
        resolve({
          exitCode,
          stdout: concat(...stdout),
          stderr: new TextDecoder().decode(concat(...stderr)),
        });
      });
    });
    // A command that ends without reading breaks the pipe; its exit code says why.
    child.stdin.on("error", () => {});
    child.stdin.end(stdin);
  });
}

function collect(stream: Readable): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return chunks;
}

function cannotStart(path: string, error: unknown): VaultError {
  const errno = errnoOf(error);
  const problem = errno === "ENOENT"
    ? `there is no ${path}, so this is not macOS`
    : `${path} cannot be started${errno === "" ? "" : ` (${errno})`}`;
  return new VaultError("KEY_UNAVAILABLE", ATTEMPTED, problem, {
    hints: ["choose another key provider: aivault init --provider file"],
    cause: error,
  });
}

function tooSlow(timeoutMs: number): VaultError {
  return new VaultError(
    "KEY_UNAVAILABLE",
    ATTEMPTED,
    `it did not answer within ${timeoutMs / 1000} seconds`,
    {
      hints: [
        "answer the window in which it asks for permission, or unlock it with: security unlock-keychain",
      ],
    },
  );
}

function killed(signal: string): VaultError {
  return new VaultError(
    "KEY_UNAVAILABLE",
    ATTEMPTED,
    `the security command was ended by ${signal}`,
  );
}
