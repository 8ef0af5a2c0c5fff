/**
 * `aivault secrets …`
 *
 * @module
 */
import { wipe } from "../../crypto/bytes.ts";
import { VaultError } from "../../errors.ts";
import { parseRef } from "../../vault/secrets/find.ts";
import { describeGroup, describeScope, GLOBAL } from "../../vault/secrets/scope.ts";
import type { SecretMetadata } from "../../vault/secrets/secret.ts";
import { compareText } from "../../vault/text.ts";
import type { Vault } from "../../vault/vault.ts";
import type { RefOptions } from "../../vault/vault_options.ts";
import type { CliContext } from "../context.ts";
import { secretDocument, secretLines, secretTable } from "../describe.ts";
import {
  expiryFrom,
  groupFrom,
  passphraseFlags,
  type RefFlags,
  refFrom,
  type ScopeFlags,
  scopeFrom,
  type TimeOrNever,
  type UnlockFlags,
} from "../flags.ts";
import { readValue } from "../inputs.ts";
import { type CommandResult, warn } from "../report.ts";
import { withVault } from "../with_vault.ts";

/** Flags that give a value. */
export interface ValueFlags {
  readonly value?: string;
  readonly valueFile?: string;
}

/** Flags of `secrets create`. */
export interface CreateFlags extends UnlockFlags, ScopeFlags, ValueFlags {
  readonly name?: string;
  readonly alias?: readonly string[];
  readonly expiresAt?: TimeOrNever;
}

/** `secrets create` */
export async function create(
  context: CliContext,
  argument: string | undefined,
  flags: CreateFlags,
): Promise<CommandResult> {
  const name = refFrom(argument, flags.name, "create a secret", "--name");
  const attempted = `create secret ${JSON.stringify(name)}`;
  const scope = scopeFrom(flags, attempted) ?? GLOBAL;
  return await withValue(context, flags, attempted, async (vault, value) => {
    const { alias: aliases } = flags;
    const expiresAtMs = expiryFrom(flags.expiresAt);
    const secret = await vault.create({ name, value, scope, aliases, expiresAtMs });
    warnOfPast(context, secret, expiresAtMs);
    const pin = secret.pinnedProvider === null ? "" : `, pinned to ${secret.pinnedProvider}`;
    return result(secret, `created ${secret.name} in scope ${describeScope(scope)}${pin}`);
  });
}

/** `secrets list` */
export async function list(
  context: CliContext,
  flags: UnlockFlags & ScopeFlags,
): Promise<CommandResult> {
  const scope = scopeFrom(flags, "list secrets");
  return await withVault(context, passphraseFlags(flags), async (vault) => {
    const secrets: SecretMetadata[] = [];
    const damaged: VaultError[] = [];
    for await (const secret of vault.list({ scope })) {
      if ("damaged" in secret) damaged.push(secret.damaged);
      else secrets.push(secret);
    }
    secrets.sort((a, b) =>
      compareText(describeScope(a.scope), describeScope(b.scope)) || compareText(a.name, b.name)
    );
    for (const error of damaged) warn(context, error.problem);
    return {
      text: secretTable(secrets),
      json: { secrets: secrets.map(secretDocument) },
      failure: damaged[0],
    };
  });
}

/** `secrets show` */
export function show(
  context: CliContext,
  argument: string | undefined,
  flags: RefFlags,
): Promise<CommandResult> {
  return withRef(context, argument, flags, "show a secret", async (vault, ref, scope) => {
    const secret = await vault.show(ref, scope);
    return { text: secretLines(secret), json: { secret: secretDocument(secret) } };
  });
}

/** Flags of `secrets update`. */
export interface UpdateFlags extends RefFlags {
  readonly name?: string;
  readonly alias?: readonly string[];
  readonly clearAliases?: boolean;
  readonly expiresAt?: TimeOrNever;
}

/** `secrets update` */
export function update(
  context: CliContext,
  argument: string | undefined,
  flags: UpdateFlags,
): Promise<CommandResult> {
  const attempted = "update a secret";
  if (flags.clearAliases && flags.alias !== undefined) {
    throw new VaultError(
      "INVALID_INPUT",
      attempted,
      "--alias and --clear-aliases cannot both be given",
    );
  }
  const aliases = flags.clearAliases ? [] : flags.alias;
  const { name } = flags;
  const expiresAtMs = expiryFrom(flags.expiresAt);
  if (name === undefined && aliases === undefined && expiresAtMs === undefined) {
    throw new VaultError("INVALID_INPUT", attempted, "nothing to change was given", {
      hints: ["give --name, --alias, --clear-aliases or --expires-at"],
    });
  }
  return withRef(context, argument, flags, attempted, async (vault, ref, scope) => {
    const secret = await vault.update(ref, { name, aliases, expiresAtMs }, scope);
    warnOfPast(context, secret, expiresAtMs);
    return result(secret, `updated ${secret.name}`);
  });
}

/** `secrets rotate` */
export async function rotate(
  context: CliContext,
  argument: string | undefined,
  flags: RefFlags & ValueFlags,
): Promise<CommandResult> {
  const ref = refFrom(argument, flags.id, "rotate a secret");
  const attempted = `rotate secret ${JSON.stringify(ref)}`;
  const scope = scopeFrom(flags, attempted);
  return await withValue(context, flags, attempted, async (vault, value) => {
    const secret = await vault.rotate(ref, value, { scope });
    return result(secret, `rotated ${secret.name} to version ${secret.valueVersion}`);
  });
}

/** `secrets delete` */
export function remove(
  context: CliContext,
  argument: string | undefined,
  flags: RefFlags,
): Promise<CommandResult> {
  return withRef(context, argument, flags, "delete a secret", async (vault, ref, scope) => {
    const { id } = await vault.delete(ref, scope);
    const parsed = parseRef(ref);
    const line = "name" in parsed ? `deleted ${parsed.name} (${id})` : `deleted ${id}`;
    return { text: [line], json: { deleted: id } };
  });
}

/** `secrets attach-group` and `secrets detach-group` */
export function changeGroup(
  context: CliContext,
  argument: string | undefined,
  flags: RefFlags,
  change: "attach" | "detach",
): Promise<CommandResult> {
  const attempted = `${change} a group`;
  const group = groupFrom(flags, attempted);
  // These two name the group; a secret's name is looked up in the scope of that kind around it.
  const scope = flags.scope === "workspace"
    ? { scope: flags.scope, workspaceId: group.workspaceId }
    : flags.scope === "group"
    ? { scope: flags.scope, ...group }
    : {};
  const { workspaceId: _w, groupId: _g, scope: _s, ...rest } = flags;
  return withRef(
    context,
    argument,
    { ...rest, ...scope },
    attempted,
    async (vault, ref, options) => {
      const secret = change === "attach"
        ? await vault.attachGroup(ref, group, options)
        : await vault.detachGroup(ref, group, options);
      const verb = change === "attach" ? "attached to" : "detached from";
      return result(secret, `${secret.name} is ${verb} group ${describeGroup(group)}`);
    },
  );
}

async function withRef(
  context: CliContext,
  argument: string | undefined,
  flags: RefFlags,
  attempted: string,
  work: (vault: Vault, ref: string, options: RefOptions) => Promise<CommandResult>,
): Promise<CommandResult> {
  const ref = refFrom(argument, flags.id, attempted);
  const scope = scopeFrom(flags, attempted);
  return await withVault(context, passphraseFlags(flags), (vault) => work(vault, ref, { scope }));
}

// The key comes first: a value is not asked for, or taken from a pipe, for a vault that will not open.
async function withValue(
  context: CliContext,
  flags: UnlockFlags & ValueFlags,
  attempted: string,
  work: (vault: Vault, value: Uint8Array) => Promise<CommandResult>,
): Promise<CommandResult> {
  const source = { text: flags.value, file: flags.valueFile, flag: "--value" };
  return await withVault(context, passphraseFlags(flags), async (vault) => {
    const value = await readValue(context, source, attempted);
    try {
      if (value.at(-1) === 0x0a) {
        warn(context, "the value ends with a newline, which is kept; printf %s writes none");
      }
      return await work(vault, value);
    } finally {
      wipe(value);
    }
  });
}

// A time in the past is how a secret is disabled at once, so it is no error; it may be a slip all the same.
function warnOfPast(
  context: CliContext,
  { updatedAtMs }: SecretMetadata,
  expiresAtMs: number | null | undefined,
): void {
  if (expiresAtMs === null || expiresAtMs === undefined || expiresAtMs > updatedAtMs) return;
  warn(context, "the expiry is in the past: every use of the secret is denied from now on");
}

function result(secret: SecretMetadata, line: string): CommandResult {
  return { text: [`${line} (${secret.id})`], json: { secret: secretDocument(secret) } };
}
