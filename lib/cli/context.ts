/**
 * What the commands ask of the world. Everything that a command touches comes through here, so a
 * test can run one with a world of its own.
 *
 * @module
 */
import type { Clock } from "../agent/clock.ts";
import type { AgentHost } from "../agent/hand_over.ts";
import type { PassphraseSource } from "../vault/keys/key_provider.ts";
import type { KeyProviders } from "../vault/keys/key_source.ts";
import type { Store } from "../vault/store.ts";
import type { BuildInfo } from "../version.ts";
import type { BackupPlace } from "./backup_place.ts";
import type { HealthPlace } from "./health_place.ts";

/** A terminal that can be asked. */
export interface Terminal {
  /**
   * Asks for a text that is not shown while it is typed. The caller wipes the UTF-8 bytes.
   *
   * @returns `undefined` if the user cancels.
   */
  askHidden(question: string): Promise<Uint8Array | undefined>;
  /** Shows text that is for the eyes in front of it only: not on a standard stream, which may go to a file. */
  tell(text: string): void;
}

/** Where text goes. */
export interface Output {
  /** Writes `text` as it is. */
  write(text: string): void;
  /** Writes `text` as it is, and tells whether the system has taken all of it. */
  deliver(text: string): Promise<boolean>;
  /** Waits until little of what was written is still held in memory. */
  drained(): Promise<void>;
  /** Whether colour is welcome: a terminal, and no `NO_COLOR`. */
  readonly hasColour: boolean;
}

/** The vault's place. */
export interface VaultPlace {
  /** The vault's directory. */
  readonly directory: string;
  /** Whether this is the place used when nothing else is said. */
  readonly isDefault: boolean;
  /** Whether a database is there. */
  hasDatabase(): Promise<boolean>;
  /** Whether the Rust program of the same name keeps its vault there. */
  isForeign(): Promise<boolean>;
  /** Opens the database, and makes it first if asked to. */
  openStore(options: { create: boolean }): Promise<Store>;
  /**
   * Runs `work` while no other process makes a vault there.
   *
   * @returns `undefined` if `isDone` became true in the meantime.
   */
  whileInitialising<T>(
    isDone: () => Promise<boolean>,
    work: () => Promise<T>,
  ): Promise<T | undefined>;
  /** The state of its files. */
  health(): Promise<HealthPlace>;
  /** Its backups; loaded when they are asked for. */
  backups(): Promise<BackupPlace>;
}

/** The vault's agent, and how to be it. */
export interface AgentControl extends AgentHost {
  /** The clock that requests are timed with. */
  readonly clock: Clock;
  /**
   * Is the agent in this process, locked at first, until it is told to end.
   *
   * @param onServing Called with the path of its socket when it can be reached.
   * @returns `another` at once if there is one already.
   */
  run(onServing: (path: string) => void): Promise<"ended" | "another">;
  /** Is the agent that another process has started with `start`. */
  runStarted(): Promise<void>;
}

/** The world of one run of the program. */
export interface CliContext {
  /** The program's version. */
  readonly version: string;
  /** Which build this is, and what runs it. */
  build(): Promise<BuildInfo>;
  /** The platform's name, as `process.platform` gives it. */
  readonly platform: string;
  /** The value of an environment variable. */
  env(name: string): string | undefined;
  /** For data. */
  readonly stdout: Output;
  /** For everything else. */
  readonly stderr: Output;
  /**
   * Reads a file, or standard input for `-`, up to `limit` bytes and one more. The caller wipes the bytes.
   *
   * @param what What it holds, for the message.
   */
  readInput(path: string, what: string, limit: number): Promise<Uint8Array>;
  /** The user's terminal, if there is one. */
  terminal(): Promise<Terminal | undefined>;
  /** The vault's place. */
  readonly place: VaultPlace;
  /** The vault's agent. */
  readonly agent: AgentControl;
  /** Has the runtime's own cipher do the work, if it has one: for commands that go through every secret. */
  useNativeCipher(): Promise<void>;
  /** The key providers, which ask `passphrase` when they need one. */
  keyProviders(passphrase: PassphraseSource): Promise<KeyProviders>;
}
