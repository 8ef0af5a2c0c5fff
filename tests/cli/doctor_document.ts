/**
 * A vault that `doctor` examines, and what it prints.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Session } from "../helpers/session.ts";

/** What `doctor --json` prints. */
export interface Document {
  readonly healthy: boolean;
  readonly mended: readonly { check: string; cause: string; did: string }[];
  readonly checks: readonly {
    readonly name: string;
    readonly findings: readonly { severity: string; cause: string; mend: string; code: string }[];
  }[];
}

export async function examine(
  { run }: Session,
  flags = "",
  env = "",
): Promise<{ document: Document; exitCode: number | null }> {
  const { stdout, exitCode } = await run(`${env} aivault doctor --json ${flags}`);
  return { document: JSON.parse(stdout), exitCode };
}

/** The findings as `check: cause`, without the paths' beginning. */
export function causesIn({ checks }: Document, { directory }: Session): string[] {
  return checks.flatMap(({ name, findings }) =>
    findings.map(({ cause }) => `${name}: ${cause.replaceAll(`${directory}/`, "")}`)
  );
}

/** A vault with two secrets and a recovery key, which is healthy. */
export async function makeVault({ run }: Session): Promise<void> {
  const entries = "printf 'A=a\\nB=b\\n' | aivault secrets import --entry-file -";
  for (const line of [entries, "aivault recovery create --print > paper"]) {
    const { exitCode, stderr } = await run(line);
    assert.equal(exitCode, 0, stderr);
  }
}
