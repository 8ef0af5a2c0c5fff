/**
 * What `doctor` asks of the platform.
 *
 * @module
 */
import type { Store } from "../vault/store.ts";

/** Something that is wrong with a file, and the command that mends it. */
export interface FileProblem {
  /** What is wrong: `others can read /home/me/…/vault.db`. */
  readonly cause: string;
  /** A command of the shell. */
  readonly mend: string;
  /** Mends it, where that is safe. */
  readonly fix: (() => Promise<void>) | undefined;
}

/** The state of a vault's files. */
export interface HealthPlace {
  /** Opens the database, changing nothing beside it. The caller closes it. */
  openStore(): Promise<Store>;
  /** What SQLite finds wrong with the database: its structure, and rows that refer to none. */
  databaseProblems(): Promise<string[]>;
  /**
   * Owners and modes of the directory, the database, its logs, the key file and the agent's socket.
   *
   * @param keyFile As the settings name it.
   */
  files(keyFile: string | undefined): Promise<{ examined: number; problems: FileProblem[] }>;
  /** What dead processes left behind. */
  leftovers(keyFile: string | undefined): Promise<FileProblem[]>;
  /** Bytes that are free, and bytes of the database; `undefined` if the platform does not tell. */
  space(): Promise<{ free: number; database: number } | undefined>;
}
