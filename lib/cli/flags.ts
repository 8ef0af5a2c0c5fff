/**
 * The flags that several commands share, and what they mean.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { VaultError } from "../errors.ts";
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

/** Adds `--json`. */
export function withCommonFlags(command: Command): Command {
  return command.option("--json", "print one JSON document");
}

/** Adds `--json`, `--passphrase` and `--passphrase-file`. */
export function withUnlockFlags(command: Command): Command {
  return withCommonFlags(command)
    .option(
      "--passphrase <text>",
      "the vault's passphrase (others can read it in the list of processes)",
    )
    .option("--passphrase-file <path>", "file that holds the passphrase, - for standard input");
}

/** Adds `--scope`, `--workspace-id` and `--group-id`. */
export function withScopeFlags(command: Command): Command {
  const scope = new Option("--scope <kind>", "global (default), workspace or group");
  return command
    .addOption(scope.choices(["global", "workspace", "group"]))
    .option("--workspace-id <id>", "the workspace of the scope")
    .option("--group-id <id>", "the group of the scope");
}

/** Adds `[secret]` and `--id`, both for a reference, with the scope where a name is looked up. */
export function withRefFlags(command: Command): Command {
  command.argument("[secret]", "id, vault:secret:<id>, name or alias");
  withScopeFlags(command.option("--id <secret>", "the same as a flag"));
  return withUnlockFlags(command);
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

/** A time, as ISO 8601 or in milliseconds since 1970; `null` for `never`. */
export function timeOrNever(text: string): number | null {
  if (text === "never") return null;
  const ms = /^[0-9]+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new InvalidArgumentError('It must be a time such as 2027-01-31T12:00:00Z, or "never".');
}
