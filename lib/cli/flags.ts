/**
 * What the flags mean that several commands share. How they are written stands in `syntax/flags.ts`.
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import { GLOBAL, type Group, type Scope, type ScopeKind } from "../vault/secrets/scope.ts";
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

/** A time that a flag gives, in milliseconds since 1970-01-01 UTC, or `never`. */
export type TimeOrNever = number | "never";

/** Milliseconds, `null` for never; `undefined` if the flag was not given. */
export function expiryFrom(time: TimeOrNever | undefined): number | null | undefined {
  return time === "never" ? null : time;
}
