/**
 * The flags that several commands share, and what they mean.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { VaultError } from "../errors.ts";
import { GENERAL } from "./help_order.ts";
import { GLOBAL, type Group, type Scope, type ScopeKind } from "../vault/scope.ts";
import type { PassphraseFlags, SecretFlags } from "./inputs.ts";

/** Flags of every command. */
export interface CommonFlags {
  readonly json?: boolean;
}

/** Flags that give the vault's passphrase. */
export interface UnlockFlags extends CommonFlags {
  readonly passphrase?: string;
  readonly passphraseFile?: string;
}

/** Flags that name a scope. */
export interface ScopeFlags {
  readonly scope?: ScopeKind;
  readonly workspaceId?: string;
  readonly groupId?: string;
}

/** Flags that name an existing secret. */
export interface RefFlags extends UnlockFlags, ScopeFlags {
  readonly id?: string;
}

/** Adds `--json` and `--help`. */
export function withCommonFlags(command: Command): Command {
  return command
    .addOption(new Option("--json", "print one JSON document").helpGroup(GENERAL))
    .addHelpOption(new Option("-h, --help", "print help").helpGroup(GENERAL));
}

/** Adds `--json`, `--passphrase` and `--passphrase-file`. */
export function withUnlockFlags(command: Command): Command {
  return withCommonFlags(withPassphraseFlags(command));
}

/** Adds `--passphrase` and `--passphrase-file`. */
export function withPassphraseFlags(command: Command): Command {
  const heading = "For a passphrase vault (or AIVAULT_PASSPHRASE, or a hidden question):";
  const file = "file that holds the passphrase, - for standard input";
  const text = "the passphrase (others can read it in the list of processes)";
  return command
    .addOption(new Option("--passphrase-file <path>", file).helpGroup(heading))
    .addOption(new Option("--passphrase <text>", text).helpGroup(heading));
}

/** What the scope flags of a command say, for its help. */
export interface ScopeHelp {
  /** Stands over them. */
  readonly heading: string;
  /** What `--scope` decides. */
  readonly scope: string;
  /** What `--workspace-id` names. */
  readonly workspace: string;
  /** What `--group-id` names. */
  readonly group: string;
}

/** The help of a scope that a secret is made in, looked up in or listed from. */
export function scopeHelp(heading: string, byDefault = "global (default)"): ScopeHelp {
  return {
    heading,
    scope: `${byDefault}, workspace or group; the ids imply it`,
    workspace: "the workspace",
    group: "the group in that workspace",
  };
}

/** Adds `--scope`, `--workspace-id` and `--group-id`. */
export function withScopeFlags(command: Command, help: ScopeHelp): Command {
  const { heading, scope, workspace, group } = help;
  const kinds = oneOf<ScopeKind>("global", "workspace", "group");
  return command
    .addOption(new Option("--scope <kind>", scope).argParser(kinds).helpGroup(heading))
    .addOption(new Option("--workspace-id <id>", workspace).helpGroup(heading))
    .addOption(new Option("--group-id <id>", group).helpGroup(heading));
}

/** Adds `[secret]` and `--id`, both for a reference. */
export function withRefFlags(command: Command): Command {
  return command
    .argument("[secret]", "id, vault:secret:<id>, name or alias")
    .option("--id <secret>", "the same as a flag");
}

/** Where the vault's passphrase comes from. */
export function passphraseFlags(flags: UnlockFlags, renew?: SecretFlags): PassphraseFlags {
  const unlock = {
    text: flags.passphrase,
    file: flags.passphraseFile,
    flag: "--passphrase",
  };
  return { unlock, renew: renew ?? unlock, renewFromEnv: renew === undefined };
}

/**
 * The scope that the flags name; `undefined` if they name none.
 *
 * @throws {VaultError} `INVALID_INPUT` if they contradict each other.
 */
export function scopeFrom(flags: ScopeFlags, attempted: string): Scope | undefined {
  const { workspaceId, groupId } = flags;
  const implied = groupId !== undefined
    ? "group"
    : workspaceId !== undefined
    ? "workspace"
    : undefined;
  const kind = flags.scope ?? implied;
  if (kind === undefined) return undefined;
  if (kind === "global" && implied === undefined) return GLOBAL;
  if (kind === "workspace" && workspaceId !== undefined && groupId === undefined) {
    return { kind, workspaceId };
  }
  if (kind === "group" && workspaceId !== undefined && groupId !== undefined) {
    return { kind, workspaceId, groupId };
  }
  const needs = {
    global: "takes neither --workspace-id nor --group-id",
    workspace: "takes --workspace-id and no --group-id",
    group: "takes --workspace-id and --group-id",
  };
  throw new VaultError("INVALID_INPUT", attempted, `scope ${kind} ${needs[kind]}`);
}

/**
 * The group that the flags name.
 *
 * @throws {VaultError} `INVALID_INPUT`
 */
export function groupFrom(flags: ScopeFlags, attempted: string): Group {
  const { workspaceId, groupId } = flags;
  if (workspaceId !== undefined && groupId !== undefined) return { workspaceId, groupId };
  throw new VaultError("INVALID_INPUT", attempted, "--workspace-id and --group-id are needed");
}

/**
 * The reference, given as an argument or as `--id`.
 *
 * @throws {VaultError} `INVALID_INPUT` if it is given twice or not at all.
 */
export function refFrom(
  argument: string | undefined,
  flag: string | undefined,
  attempted: string,
  flagName = "--id",
): string {
  const ref = argument ?? flag;
  if (ref !== undefined && (argument === undefined || flag === undefined)) return ref;
  const problem = ref === undefined ? "no secret was named" : "the secret was named twice";
  throw new VaultError("INVALID_INPUT", attempted, problem, {
    hints: [`name it once, as an argument or with ${flagName}`],
  });
}

/** Collects a repeated flag. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** A time that a flag gives, in milliseconds since 1970-01-01 UTC, or `never`. */
export type TimeOrNever = number | "never";

const isoTime = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/**
 * A date, which begins at midnight UTC, or a time with its offset, both as ISO 8601; or `never`.
 *
 * What `Date.parse` makes of other texts differs from one runtime to the next.
 */
export function timeOrNever(text: string): TimeOrNever {
  if (text === "never") return text;
  const date = isoTime.exec(text)?.[1];
  if (date !== undefined && isDay(date)) {
    const ms = Date.parse(text);
    if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  }
  throw new InvalidArgumentError(
    "It must be a date such as 2027-01-31, a time such as 2027-01-31T12:00:00Z, or never.",
  );
}

/** {@linkcode timeOrNever} without `never`. */
export function time(text: string): number {
  const ms = timeOrNever(text);
  if (ms !== "never") return ms;
  throw new InvalidArgumentError(
    "It must be a date such as 2027-01-31 or a time such as 2027-01-31T12:00:00Z.",
  );
}

// Some runtimes take the 31st of February for a day in March.
function isDay(date: string): boolean {
  const ms = Date.parse(date);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(date);
}

/** Milliseconds, `null` for never; `undefined` if the flag was not given. */
export function expiryFrom(time: TimeOrNever | undefined): number | null | undefined {
  return time === "never" ? null : time;
}

/** One of a few words. */
function oneOf<Word extends string>(...words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`It must be one of ${words.join(", ")}.`);
  };
}
