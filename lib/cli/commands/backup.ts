/**
 * `aivault backup …`
 *
 * @module
 */
import { VaultError } from "../../errors.ts";
import { type BackupKey, prepareRestore, verifyBackup } from "../../vault/backup.ts";
import type { BackupManifest } from "../../vault/backup_manifest.ts";
import type { KeyProviders } from "../../vault/keys/key_source.ts";
import type { VaultRow } from "../../vault/vault_row.ts";
import { dropOtherKey } from "../agent_status.ts";
import { type BackupKeyFlags, checkStillThere, keyOf, usesRecovery } from "../backup_key.ts";
import type { CliContext } from "../context.ts";
import { describeTime, factLines } from "../facts.ts";
import { passphraseFlags, type UnlockFlags } from "../flags.ts";
import type { PassphraseFlags } from "../inputs.ts";
import { refuseForeign } from "../refuse_foreign.ts";
import { type CommandResult, hint } from "../report.ts";
import { ACTOR, withProviders } from "../session.ts";
import { findingLine, verificationFailure } from "../verification.ts";
import { withVault } from "../with_vault.ts";

/** Flags of `backup restore`. */
export interface BackupRestoreFlags extends BackupKeyFlags {
  readonly force?: boolean;
}

// The vault that is here may have another passphrase, or there may be none.
function backupPassphrase(flags: BackupKeyFlags): PassphraseFlags {
  const otherWays = ["or give the recovery key from then with --recovery-key-file <path|->"];
  return { ...passphraseFlags(flags), otherWays };
}

/** Makes a backup of the vault in a new file. */
export function create(
  context: CliContext,
  file: string,
  flags: UnlockFlags,
): Promise<CommandResult> {
  return withVault(context, passphraseFlags(flags), async (vault) => {
    const backups = await context.place.backups();
    const manifest = await vault.createBackup(backups.target(file));
    hint(context, `it opens with the present key; keep that, or a recovery key, apart from it`);
    return { text: manifestLines(file, manifest), json: { file, ...documentOf(manifest) } };
  });
}

/** Proves a backup and opens every secret in it, changing nothing. */
export function verify(
  context: CliContext,
  file: string,
  flags: BackupKeyFlags,
): Promise<CommandResult> {
  return withProviders(context, backupPassphrase(flags), async (providers) => {
    await context.useNativeCipher();
    const backups = await context.place.backups();
    const { manifest, secrets, audit } = await backups.withBackup(
      file,
      "verify",
      (backup) => verifyBackup(backup, keyOf(context, flags, providers)),
    );
    const { broken } = secrets;
    const lines = [
      ...broken.map(({ id, name }) => `secret ${name} (${id}): it does not open`),
      ...audit.findings.map(findingLine),
    ];
    const isWhole = broken.length === 0 && audit.isIntact;
    return {
      text: isWhole ? [...manifestLines(file, manifest), "verified: every secret opens"] : lines,
      json: { file, ...documentOf(manifest), isWhole, broken, findings: audit.findings },
      failure: broken.length === 0
        ? verificationFailure(audit)
        : brokenSecrets(broken.length, "verify the backup"),
    };
  });
}

/** The error of secrets that do not open. */
function brokenSecrets(count: number, attempted: string): VaultError {
  const problem = count === 1 ? "1 secret does not open" : `${count} secrets do not open`;
  return new VaultError("INTEGRITY", attempted, problem, {
    hints: ["the others do; restore what is named from another backup"],
  });
}

/** Puts a backup in the vault's place. */
export function restore(
  context: CliContext,
  file: string,
  flags: BackupRestoreFlags,
): Promise<CommandResult> {
  return withProviders(context, backupPassphrase(flags), async (providers) => {
    await context.useNativeCipher();
    const backups = await context.place.backups();
    await refuseForeign(context, "restore the backup");
    await refuseLiving(context, flags);
    let backedUp: VaultRow | undefined;
    const key = keyOf(context, flags, providers);
    const noting: BackupKey = (row) => {
      backedUp = row;
      return key(row);
    };
    const { manifest, aside } = await backups.withBackup(file, "restore", async (backup) => {
      const manifest = await prepareRestore(backup, noting, { actor: ACTOR, now: Date.now });
      const check = () => checkStillThere(flags, providers, backedUp);
      return { manifest, ...await backups.install(backup, flags.force === true, check) };
    });
    await dropOtherKey(context, manifest.kekId);
    sayWhatIsLeft(context, flags, providers, backedUp?.provider);
    const { directory } = context.place;
    return {
      text: [
        ...factLines([["restored", directory], ["from", file], ...facts(manifest)]),
        ...(aside === undefined ? [] : [`the previous vault is kept in ${aside}`]),
      ],
      json: { directory, file, aside: aside ?? null, ...documentOf(manifest) },
    };
  });
}

// Before anything is asked for.
async function refuseLiving({ place }: CliContext, flags: BackupRestoreFlags): Promise<void> {
  if (flags.force === true || !await place.hasDatabase()) return;
  throw new VaultError("ALREADY_EXISTS", "restore the backup", "there is a vault here", {
    hints: ["nothing was changed; to put it aside, add --force"],
  });
}

function sayWhatIsLeft(
  context: CliContext,
  flags: BackupKeyFlags,
  providers: KeyProviders,
  settings: VaultRow["provider"] | undefined,
): void {
  if (settings === undefined) return;
  const where = providers.get(settings.type)?.describe(settings);
  if (where === undefined) {
    // A program that uses the library may keep the key itself.
    const problem = `this program has no key provider "${settings.type}"`;
    hint(context, `${problem}: give the vault one that it has: aivault recovery use`);
  } else if (flags.keyFile !== undefined) {
    hint(context, `the vault looks for its key in ${where}: if it is not there, put it there now`);
  } else if (usesRecovery(flags)) {
    hint(context, `if its key is not in ${where}, give it a new one: aivault recovery use`);
  }
}

function facts(manifest: BackupManifest): [string, string][] {
  return [
    ["made", describeTime(manifest.createdAtMs)],
    ["secrets", String(manifest.secrets)],
    ["events", String(manifest.events)],
    ["head", manifest.head],
    ["key id", manifest.kekId],
  ];
}

function manifestLines(file: string, manifest: BackupManifest): string[] {
  return factLines([["backup", file], ...facts(manifest)]);
}

function documentOf(manifest: BackupManifest) {
  const { format, vaultId, kekId, createdAtMs, secrets, events, head, size, sha256 } = manifest;
  return { format, vaultId, kekId, createdAtMs, secrets, events, head, size, sha256 };
}
