/**
 * One case of the tamper kit.
 *
 * @module
 */

/** One case. */
export interface Case {
  /** The good vault that it starts from: `<base>.sql`. */
  readonly base: string;
  /** What was done, and why it must not pass. */
  readonly reason: string;
  /** The statements that do it. */
  readonly sql: readonly string[];
  /** A head that somebody has noted, for `audit verify --head`. */
  readonly head?: string;
  /** The code with which opening the vault fails; absent if it opens. */
  readonly open?: string;
  /** What `audit verify` finds: `<kind> <seq>` or `<kind> <name>`, in any order; absent if it is not opened. */
  readonly findings?: readonly string[];
  /** Secrets that are not lent, by name, with the code of the refusal. Others are lent as in the good vault. */
  readonly refused?: Readonly<Record<string, string>>;
}

/** The id of a secret. */
export const TOKEN = "(select secret_id from secret_names where name = 'TOKEN')";
/** The id of another secret. */
export const OPENAI = "(select secret_id from secret_names where name = 'OPENAI_API_KEY')";
/** What tells the rows of the first of them. */
export const W = "scope_kind = 'workspace' and workspace_id = 'W'";

/** An edit of the good vault, which opens. */
export function edit(reason: string, sql: string, ...findings: string[]): Case {
  return { base: "good", reason, sql: [`${sql};`], findings };
}

/** An edit of one secret, which is refused then. */
export function ofSecret(reason: string, sql: string, finding: string, name: string): Case {
  return { ...edit(reason, sql, `${finding} ${name}`), refused: { [name]: "INTEGRITY" } };
}

/** An edit of the vault's own row, which does not open then. */
export function ofVault(reason: string, set: string, open = "INTEGRITY"): Case {
  return { base: "good", reason, sql: [`update vault set ${set};`], open };
}
