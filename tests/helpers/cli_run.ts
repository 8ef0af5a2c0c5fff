/**
 * The command line run in this process, in a world that a test gives it: another platform, another Keychain.
 *
 * @module
 */
import { join } from "node:path";
import type { BackupPlace } from "../../lib/cli/backup_place.ts";
import type { CliContext } from "../../lib/cli/context.ts";
import { run } from "../../lib/cli/program.ts";
import type { KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import { withInitLock } from "../../providers/host/init_lock.ts";
import { isVaultFile } from "../../providers/host/paths.ts";
import { claimPrivateDirectory } from "../../providers/host/private_directory.ts";
import { exists } from "../../providers/host/exists.ts";
import { systemClock } from "../../providers/host/system_clock.ts";
import { SqliteStore } from "../../providers/stores/sqlite.ts";

/** The world of {@linkcode runCli}. */
export interface CliWorld {
  /** The vault's directory. */
  readonly directory: string;
  /** Whether it is the one that is used when nothing else is said. */
  readonly isDefault: boolean;
  /** `darwin`, `linux` or `win32`. */
  readonly platform: string;
  /** All key providers. */
  readonly providers: readonly KeyProvider[];
  /** Gives what a file or standard input holds. Without it there is no input. */
  readonly readInput?: CliContext["readInput"];
  /** Its backups. Without it there are none. */
  readonly backups?: () => Promise<BackupPlace>;
  /** Called when a command asks for the runtime's own cipher. */
  readonly onNativeCipher?: () => void;
  /** Called when a command has delivered something before it goes on. */
  readonly onDelivered?: () => Promise<void>;
}

/** How a run ended. */
export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program with `args` in `world`, without a terminal. */
export async function runCli(world: CliWorld, ...args: string[]): Promise<CliRun> {
  const { directory, isDefault, platform, providers, onNativeCipher } = world;
  const printed = { stdout: "", stderr: "" };
  const output = (stream: "stdout" | "stderr") => ({
    write: (text: string) => void (printed[stream] += text),
    async deliver(text: string) {
      printed[stream] += text;
      await world.onDelivered?.();
      return true;
    },
    drained: () => Promise.resolve(),
    hasColour: false,
  });
  const path = join(directory, "vault.db");
  const context: CliContext = {
    version: "0.0.0",
    build: () =>
      Promise.resolve({ version: "0.0.0", commit: "unknown", runtime: "test", engine: "test" }),
    platform,
    env: () => undefined,
    stdout: output("stdout"),
    stderr: output("stderr"),
    readInput: world.readInput ?? (() => Promise.reject(new RangeError("no input"))),
    terminal: () => Promise.resolve(undefined),
    place: {
      directory,
      isDefault,
      hasDatabase: () => exists(path),
      isForeign: () => Promise.resolve(false),
      openStore: ({ create }) => SqliteStore.open({ path, create }),
      async whileInitialising(isDone, work) {
        await claimPrivateDirectory(directory, isVaultFile);
        return await withInitLock(join(directory, ".init-lock"), isDone, work);
      },
      health: () =>
        Promise.resolve({
          openStore: () => SqliteStore.open({ path }),
          databaseProblems: () => Promise.resolve([]),
          files: () => Promise.resolve({ examined: 0, problems: [] }),
          leftovers: () => Promise.resolve([]),
          space: () => Promise.resolve(undefined),
        }),
      backups: world.backups ?? (() => Promise.reject(new RangeError("no backups"))),
    },
    agent: {
      clock: systemClock,
      connect: () => Promise.resolve(undefined),
      start: () => Promise.reject(new RangeError("no agent")),
      run: () => Promise.reject(new RangeError("no agent")),
      runStarted: () => Promise.reject(new RangeError("no agent")),
    },
    useNativeCipher: () => Promise.resolve(onNativeCipher?.()),
    keyProviders: () =>
      Promise.resolve(new Map(providers.map((provider) => [provider.type, provider]))),
  };
  const exitCode = await run(context, args);
  return { exitCode, ...printed };
}
