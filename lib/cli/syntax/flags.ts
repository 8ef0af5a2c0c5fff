/**
 * The flags that several commands share, and how their arguments are written.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ScopeKind } from "../../vault/secrets/scope.ts";
import { describeDuration, parseDuration } from "../duration.ts";
import type { TimeOrNever } from "../flags.ts";
import { GENERAL } from "./help_order.ts";

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

/** A length of time from 1 second to `most` milliseconds. */
export function duration(most: number): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms <= most) return ms;
    throw new InvalidArgumentError(
      `It must be a length of time such as 90s, 15m or 8h, from 1s to ${describeDuration(most)}.`,
    );
  };
}

const isoTime = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/**
 * A date, which begins at midnight UTC, or a time with its offset, both as ISO 8601; or `never`.
 *
 * What `Date.parse` makes of other texts differs from one runtime to the next.
 */
export function timeOrNever(text: string): TimeOrNever {
  const ms = text === "never" ? text : parseTime(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError(
    "It must be a date such as 2027-01-31, a time such as 2027-01-31T12:00:00Z, or never.",
  );
}

/** {@linkcode timeOrNever} without `never`. */
export function time(text: string): number {
  const ms = parseTime(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError(
    "It must be a date such as 2027-01-31 or a time such as 2027-01-31T12:00:00Z.",
  );
}

function parseTime(text: string): number | undefined {
  const date = isoTime.exec(text)?.[1];
  if (date === undefined || !isDay(date)) return undefined;
  const ms = Date.parse(text);
  return Number.isSafeInteger(ms) && ms >= 0 ? ms : undefined;
}

// Some runtimes take the 31st of February for a day in March.
function isDay(date: string): boolean {
  const ms = Date.parse(date);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(date);
}

/** One of a few words. */
function oneOf<Word extends string>(...words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`It must be one of ${words.join(", ")}.`);
  };
}
