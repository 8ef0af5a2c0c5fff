/**
 * What a check of `doctor` works with, and what it reports.
 *
 * @module
 */
import type { ErrorCode } from "../../errors.ts";
import type { KeyProviders, KeySource } from "../../vault/keys/key_source.ts";
import type { Store } from "../../vault/store.ts";
import type { VaultRow } from "../../vault/vault_row.ts";
import type { CliContext } from "../context.ts";
import type { HealthPlace } from "../health_place.ts";

/** Something that a check found. */
export interface Finding {
  /** An error makes the vault unhealthy; a warning is worth mending all the same. */
  readonly severity: "error" | "warning";
  /** What is wrong. */
  readonly cause: string;
  /** What to do, mostly a command; `null` if there is nothing to do but to know. */
  readonly mend: string | null;
  /** Decides the exit code of an error. */
  readonly code: ErrorCode;
  /** Mends it, where that is safe; gives what it did. */
  readonly fix?: (() => Promise<string>) | undefined;
}

/** What a check came to. */
export interface Outcome {
  /** What was looked at, for people. */
  readonly summary: string;
  /** What was found; empty if all is well. */
  readonly findings: readonly Finding[];
}

/** What every check may use. */
export interface Scene {
  readonly context: CliContext;
  readonly health: HealthPlace;
  readonly providers: KeyProviders;
  /** Says how far a long check is. */
  readonly progress: (text: string) => void;
}

/** What the checks of an open database may use too. */
export interface OpenScene extends Scene {
  readonly store: Store;
  readonly row: VaultRow;
}

/** What the checks of the content may use too. They see a state of their own each, since others may write between them. */
export interface UnlockedScene extends OpenScene {
  readonly keys: KeySource;
}

/** One thing to look at. */
export interface Check<S> {
  /** For the table and for programs. */
  readonly name: string;
  /** Looks at it. What it throws becomes a finding. */
  readonly run: (scene: S) => Promise<Outcome>;
}

/** An outcome with nothing wrong. */
export function fine(summary: string): Outcome {
  return { summary, findings: [] };
}

/** The path of the key file that the settings name; `undefined` for another provider. */
export function keyFileOf({ provider }: Pick<VaultRow, "provider">): string | undefined {
  return provider.type === "file" && typeof provider.path === "string" ? provider.path : undefined;
}
