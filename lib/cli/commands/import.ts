/**
 * `aivault secrets import`
 *
 * @module
 */
import { fromUtf8, utf8, wipe } from "../../crypto/bytes.ts";
import { checkUtf8 } from "../../crypto/text_bytes.ts";
import { VaultError, withHints } from "../../errors.ts";
import type { NewSecret } from "../../vault/secrets/new_secret.ts";
import { describeScope, GLOBAL } from "../../vault/secrets/scope.ts";
import { checkName } from "../../vault/text.ts";
import type { CliContext } from "../context.ts";
import { secretDocument } from "../describe.ts";
import { counted } from "../facts.ts";
import { passphraseFlags, type ScopeFlags, scopeFrom, type UnlockFlags } from "../flags.ts";
import { type CommandResult, warn } from "../report.ts";
import { withVault } from "../with_vault.ts";

/** Flags of `secrets import`. */
export interface ImportFlags extends UnlockFlags, ScopeFlags {
  readonly entry?: readonly string[];
  readonly entryFile?: string;
}

const ATTEMPTED = "import secrets";

/** The longest file of entries that is read: 64 MiB. */
const MAX_ENTRY_FILE = 67_108_864;

/** Creates a secret for each entry, or none of them. */
export function importSecrets(context: CliContext, flags: ImportFlags): Promise<CommandResult> {
  const scope = scopeFrom(flags, ATTEMPTED) ?? GLOBAL;
  return withVault(context, passphraseFlags(flags), async (vault) => {
    await context.useNativeCipher();
    const entries = (await orNothing(() => readEntries(context, flags)))
      .map((entry) => ({ ...entry, scope }));
    try {
      const secrets = await orNothing(() => vault.import(entries));
      const names = secrets.slice(0, MAX_NAMES).map(({ name, id }) => `  ${name} (${id})`);
      const more = secrets.length - names.length;
      return {
        text: [
          `imported ${counted(secrets.length, "secret")} into scope ${describeScope(scope)}`,
          ...names,
          ...(more > 0 ? [`  and ${more} more`] : []),
        ],
        json: { secrets: secrets.map(secretDocument) },
      };
    } finally {
      for (const entry of entries) wipe(entry.value);
    }
  });
}

/** How many of the new names are printed for people. */
const MAX_NAMES = 20;

/** Runs `work`, whose failure leaves the vault as it is. */
async function orNothing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withHints(error, "nothing was imported");
  }
}

async function readEntries(context: CliContext, flags: ImportFlags): Promise<NewSecret[]> {
  const given = flags.entry ?? [];
  if (given.length > 0) {
    warn(context, "other users can read --entry in the list of processes; --entry-file - is safer");
  }
  const lines = flags.entryFile === undefined ? [] : await readLines(context, flags.entryFile);
  warnOfShell(context, lines.map(({ line }) => line));
  const entries = [
    ...given.map((entry, index) => {
      const where = `entry ${index + 1}`;
      checkUtf8(
        entry,
        where,
        "give its value alone: secrets create --value-file <path|->",
        ATTEMPTED,
      );
      return parseEntry(entry, where);
    }),
    ...lines.map(({ line, number }) => parseEntry(line, `line ${number}`)),
  ];
  if (entries.length > 0) return entries;
  throw new VaultError("INVALID_INPUT", ATTEMPTED, "no entries were given", {
    hints: ["give NAME=VALUE lines: aivault secrets import --entry-file <path|->"],
  });
}

// A file for a shell or another tool looks alike, and means something else.
function warnOfShell(context: CliContext, lines: readonly string[]): void {
  if (lines.some((line) => /^[^=]*=(["']).*\1$/.test(line))) {
    warn(context, "some values are in quotes, which are kept as a part of them");
  }
  if (lines.some((line) => /^\s*export\s/.test(line))) {
    warn(context, "some lines begin with export, which is kept as a part of the name");
  }
}

async function readLines(
  context: CliContext,
  path: string,
): Promise<{ line: string; number: number }[]> {
  const content = await context.readInput(path, "the entries", MAX_ENTRY_FILE);
  // Entries are split as text, of which the garbage collector may keep copies.
  const text = content.length > MAX_ENTRY_FILE ? undefined : fromUtf8(content);
  wipe(content);
  if (text === undefined) {
    throw new VaultError(
      "INVALID_INPUT",
      ATTEMPTED,
      "the entries are not UTF-8 text of at most 64 MiB",
    );
  }
  // Some editors begin a file with a mark of its byte order, which is no part of the first name.
  return text.replace(/^\ufeff/, "").split(/\r?\n/)
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== "" && !line.trimStart().startsWith("#"));
}

// The entry itself is never quoted: it holds a value, or is one, such as base64 that ends with "=". Nor is a value to
// become a name, which is no secret: that of JSON or YAML stands in quotation marks before such a "=".
function parseEntry(entry: string, where: string): NewSecret {
  const [, name, value] = /^([^="]+)=([^]*[^=][^]*)$/.exec(entry) ?? [];
  if (name !== undefined && value !== undefined) {
    // Later errors quote the name, so it has to be one.
    return { name: checkName(name, `name in ${where}`, ATTEMPTED), value: utf8(value) };
  }
  throw new VaultError(
    "INVALID_INPUT",
    ATTEMPTED,
    `${where} is not NAME=VALUE, or its value is empty`,
  );
}
