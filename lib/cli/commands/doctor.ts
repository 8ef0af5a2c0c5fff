/**
 * `aivault doctor`
 *
 * @module
 */
import { type ErrorCode, VaultError } from "../../errors.ts";
import { providedKey } from "../../vault/keys/key_source.ts";
import { readRow, untilStable } from "../../vault/read_row.ts";
import { recordWrongPassphrase } from "../../vault/audit/record_keyless.ts";
import type { CliContext } from "../context.ts";
import type { Check, Finding, Outcome, Scene } from "../doctor/check.ts";
import { auditCheck, keyCheck, recoveryCheck, secretsCheck } from "../doctor/content_checks.ts";
import { databaseCheck, filesCheck, leftoversCheck, spaceCheck } from "../doctor/place_checks.ts";
import { agentCheck, clockCheck, rotationCheck, versionCheck } from "../doctor/vault_checks.ts";
import { counted } from "../facts.ts";
import { passphraseFlags, type UnlockFlags } from "../flags.ts";
import { refuseForeign } from "../refuse_foreign.ts";
import { type CommandResult, hint, warn } from "../report.ts";
import { ACTOR, withProviders } from "../session.ts";
import { keeperFor } from "../with_vault.ts";

/** Flags of `doctor`. */
export interface DoctorFlags extends UnlockFlags {
  readonly fix?: boolean;
}

/** A check that was made. */
interface Made extends Outcome {
  readonly name: string;
}

/** What was mended. */
interface Mended {
  readonly check: string;
  readonly cause: string;
  readonly did: string;
}

const PLACE = [versionCheck, spaceCheck, databaseCheck];
const OPEN = [filesCheck, leftoversCheck, rotationCheck, clockCheck, agentCheck];
const UNLOCKED = [keyCheck, secretsCheck, auditCheck, recoveryCheck];

const FIX = "mend what is safe to mend with: aivault doctor --fix";

/** The worst comes first. */
const GRAVITY: readonly ErrorCode[] = [
  "INTEGRITY",
  "UNSUPPORTED",
  "WRONG_KEY",
  "KEY_MISSING",
  "KEY_STALE",
  "KEY_UNUSABLE",
  "KEY_UNAVAILABLE",
  "LOCKED",
  "DISK",
];

/** Examines the vault, and mends what is safe to mend if asked to. */
export function doctor(context: CliContext, flags: DoctorFlags): Promise<CommandResult> {
  return withProviders(context, passphraseFlags(flags), async (providers) => {
    await refuseForeign(context, "examine the vault");
    if (!await context.place.hasDatabase()) {
      throw new VaultError("NOT_FOUND", "examine the vault", "there is no vault here", {
        hints: ["make one with: aivault init, or restore a backup: aivault backup restore <file>"],
      });
    }
    await context.useNativeCipher();
    const terminal = flags.json === true ? undefined : await context.terminal();
    const progress = (text: string): void => terminal?.tell(`\r\u001b[K${text}`);
    const scene = { context, providers, progress, health: await context.place.health() };
    let made: Made[];
    let mended: Mended[] = [];
    try {
      made = await examine(scene, flags);
      if (flags.fix === true) mended = await mendAll(context, made);
      // One thing may have hidden another.
      if (mended.length > 0) made = await examine(scene, flags);
    } finally {
      progress("");
    }
    return report(context, made, mended);
  });
}

async function examine(scene: Scene, flags: DoctorFlags): Promise<Made[]> {
  const made: Made[] = [];
  const run = async <S>(checks: readonly Check<S>[], given: S): Promise<void> => {
    for (const { name, run } of checks) made.push({ name, ...await outcomeOf(() => run(given)) });
  };
  await run(PLACE, scene);
  await attempt(made, "database", async () => {
    const store = await scene.health.openStore();
    try {
      const row = await readRow(store);
      await run(OPEN, { ...scene, store, row });
      await attempt(made, "key", async () => {
        const keys = providedKey(scene.providers, keeperFor(scene.context, passphraseFlags(flags)));
        try {
          await untilStable(store, (row) => keys.current(row)).catch(async (error) => {
            const state = { store, now: Date.now, actor: ACTOR };
            await recordWrongPassphrase(state, scene.providers, row.provider.type, error);
            throw error;
          });
          await run(UNLOCKED, { ...scene, store, row, keys });
        } finally {
          keys.close();
        }
      });
    } finally {
      await store.close();
    }
  });
  // The modes of its files may be why the database could not be opened.
  if (!made.some(({ name }) => name === filesCheck.name)) await run([filesCheck], scene);
  return made;
}

/** Runs `work`; its failure is an outcome of the check `name`, in the place of one that found nothing. */
async function attempt(made: Made[], name: string, work: () => Promise<void>): Promise<void> {
  const { findings, summary } = await outcomeOf(async () => {
    await work();
    return { summary: "", findings: [] };
  });
  if (findings.length === 0) return;
  const earlier = made.findIndex((each) => each.name === name && each.findings.length === 0);
  if (earlier >= 0) made.splice(earlier, 1);
  if (!made.some((each) => each.name === name)) made.push({ name, summary, findings });
}

async function outcomeOf(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    // What a person reads as a whole sentence elsewhere is here said of a mend, when nothing was to be changed.
    const mends = error.hints.map((text) =>
      text.replace(/^(nothing was (changed|lost); )?((if it is yours, )?mend it with: )?/, "")
        .replace(/ with its files: aivault doctor$/, " with its files, below")
    );
    const mend = mends.join("; ") || null;
    const { code, problem: cause } = error;
    return { summary: error.attempted, findings: [{ severity: "error", cause, mend, code }] };
  }
}

async function mendAll(context: CliContext, made: readonly Made[]): Promise<Mended[]> {
  const mended: Mended[] = [];
  for (const { name: check, findings } of made) {
    for (const { cause, fix } of findings) {
      if (fix === undefined) continue;
      try {
        mended.push({ check, cause, did: await fix() });
      } catch (error) {
        const why = error instanceof VaultError ? error.message : "the system refuses";
        warn(context, `it could not be mended that ${cause}: ${why}`);
      }
    }
  }
  return mended;
}

function report(
  context: CliContext,
  made: readonly Made[],
  mended: readonly Mended[],
): CommandResult {
  const findings = made.flatMap((each) => each.findings);
  const errors = findings.filter(({ severity }) => severity === "error");
  const canFix = findings.some(({ fix }) => fix !== undefined);
  if (canFix && errors.length === 0) hint(context, FIX);
  const counts = `${counted(errors.length, "error")}, ${
    counted(findings.length - errors.length, "warning")
  }`;
  return {
    text: [
      ...mended.flatMap(({ check, cause, did }) => [
        line("mended", check, cause),
        line("", "", `did: ${did}`),
      ]),
      ...made.flatMap(({ name, summary, findings }) => [
        line(findings.length === 0 ? "ok" : worstOf(findings), name, summary),
        ...findings.flatMap(findingLines),
      ]),
      findings.length === 0 ? "healthy" : counts,
    ],
    json: {
      healthy: errors.length === 0,
      version: context.version,
      mended,
      checks: made.map(({ name, summary, findings }) => ({
        name,
        summary,
        findings: findings.map(documentOf),
      })),
    },
    failure: failureOf(errors),
  };
}

function worstOf(findings: readonly Finding[]): string {
  return findings.some(({ severity }) => severity === "error") ? "error" : "warning";
}

function line(first: string, second: string, third: string): string {
  return `${first.padEnd(8)} ${second.padEnd(10)} ${third}`.trimEnd();
}

function findingLines({ cause, mend }: Finding): string[] {
  return [line("", "", `- ${cause}`), ...(mend === null ? [] : [line("", "", `  mend: ${mend}`)])];
}

function documentOf({ severity, cause, mend, code }: Finding) {
  return { severity, cause, mend, code };
}

function failureOf(errors: readonly Finding[]): VaultError | undefined {
  const rank = ({ code }: Finding): number => {
    const at = GRAVITY.indexOf(code);
    return at < 0 ? GRAVITY.length : at;
  };
  const [worst] = errors.toSorted((a, b) => rank(a) - rank(b));
  if (worst === undefined) return undefined;
  const problem = errors.length === 1 ? "1 thing is wrong" : `${errors.length} things are wrong`;
  const hints = errors.some(({ fix }) => fix !== undefined) ? [FIX] : [];
  return new VaultError(worst.code, "examine the vault", problem, { hints });
}
