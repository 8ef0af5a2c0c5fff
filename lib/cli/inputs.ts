/**
 * Where values, keys and passphrases come from: a file, standard input, a flag, the environment, or a
 * hidden prompt. Never a prompt without a terminal.
 *
 * @module
 */
import { equalBytes, wipe } from "../crypto/bytes.ts";
import { OWN_KEY_HINT, parseKeyText } from "../crypto/key_text.ts";
import { textBytes } from "../crypto/text_bytes.ts";
import { VaultError } from "../errors.ts";
import type { PassphraseSource } from "../vault/keys/key_provider.ts";
import { MAX_VALUE_LENGTH } from "../vault/secrets/secret.ts";
import type { CliContext } from "./context.ts";
import { warn } from "./report.ts";

/** The longest passphrase that is read: 64 KiB. */
const MAX_PASSPHRASE_LENGTH = 65_536;

/** A secret text given by a flag or by the name of a file. */
export interface SecretFlags {
  /** The text itself. */
  readonly text: string | undefined;
  /** The file that holds it, or `-`. */
  readonly file: string | undefined;
  /** The name of the flag that gives the text, for messages: `--value`. */
  readonly flag: string;
}

/** What may be any bytes; the other texts are UTF-8. */
const VALUE = "the value";

/** A secret's value, from its flags or a prompt. The caller wipes it. */
export async function readValue(
  context: CliContext,
  flags: SecretFlags,
  attempted: string,
): Promise<Uint8Array> {
  const given = await readFlags(context, flags, VALUE, MAX_VALUE_LENGTH, attempted);
  if (given !== undefined) return given;
  const asked = await ask(context, "Value", attempted);
  if (asked !== undefined) return asked;
  throw new VaultError(
    "INVALID_INPUT",
    attempted,
    "no value was given, and there is no terminal to ask on",
    {
      hints: ['give it on standard input: printf %s "$VALUE" | aivault … --value-file -'],
    },
  );
}

/** A new master key, from its flags; `undefined` if none is given. The caller wipes it. */
export async function readNewKey(
  context: CliContext,
  flags: SecretFlags,
  attempted: string,
): Promise<Uint8Array | undefined> {
  const text = await readFlags(context, flags, "the new key", MAX_PASSPHRASE_LENGTH, attempted);
  if (text === undefined) return undefined;
  try {
    return parseKeyText(text, attempted, "the new key", "INVALID_INPUT");
  } finally {
    wipe(text);
  }
}

/** A key of before, from a file. The caller wipes it. */
export async function readKeyFile(
  context: CliContext,
  file: string,
  attempted: string,
): Promise<Uint8Array> {
  const text = await context.readInput(file, "the key", MAX_PASSPHRASE_LENGTH);
  try {
    return parseKeyText(text, attempted, "the key", "INVALID_INPUT", OWN_KEY_HINT);
  } finally {
    wipe(text);
  }
}

/** The recovery key, from a file or a hidden prompt. The caller wipes it. */
export async function readRecoveryKey(
  context: CliContext,
  file: string | undefined,
  attempted: string,
): Promise<Uint8Array> {
  const flags = { text: undefined, file, flag: "--recovery-key" };
  const given = await readFlags(context, flags, "the recovery key", 1024, attempted) ??
    await ask(context, "Recovery key", attempted);
  if (given !== undefined) return given;
  const problem = "the recovery key is needed, and there is no terminal to ask on";
  throw new VaultError("INVALID_INPUT", attempted, problem, {
    hints: ["give it with --recovery-key-file <path|->"],
  });
}

/** The flags that give passphrases to a command. */
export interface PassphraseFlags {
  /** For the vault as it is. */
  readonly unlock: SecretFlags;
  /** For the vault as it is to be. */
  readonly renew: SecretFlags;
  /** Whether `AIVAULT_PASSPHRASE` may serve as the new passphrase too. */
  readonly renewFromEnv: boolean;
  /** What else opens the vault, as hints. Default: `aivault unlock`. */
  readonly otherWays?: readonly string[];
}

/**
 * The passphrases of one run of the program: each is asked for once and kept until {@linkcode
 * Passphrases.wipe}.
 */
export interface Passphrases {
  /** Gives a copy. */
  readonly source: PassphraseSource;
  /** Wipes what was kept. */
  wipe(): void;
}

/** Reads passphrases from flags, `AIVAULT_PASSPHRASE` or a hidden prompt, in this order. */
export function passphrases(context: CliContext, flags: PassphraseFlags): Passphrases {
  const kept = new Map<string, Uint8Array>();
  // Also where the vault has none and it is not read: others may have seen it.
  for (const each of new Set([flags.unlock, flags.renew])) warnOfText(context, each);
  return {
    async source(purpose) {
      const isNew = purpose === "new";
      const passphrase = kept.get(purpose) ??
        await readPassphrase(context, isNew ? flags.renew : flags.unlock, {
          isNew,
          fromEnv: !isNew || flags.renewFromEnv,
          otherWays: isNew ? [] : flags.otherWays ?? [UNLOCK],
        });
      kept.set(purpose, passphrase);
      return passphrase.slice();
    },
    wipe: () => wipe(...kept.values()),
  };
}

const UNLOCK = "or unlock the vault for every process with: aivault unlock";

async function readPassphrase(
  context: CliContext,
  flags: SecretFlags,
  options: { isNew: boolean; fromEnv: boolean; otherWays: readonly string[] },
): Promise<Uint8Array> {
  const { isNew, fromEnv, otherWays } = options;
  const attempted = isNew ? "set the passphrase" : "unlock the vault";
  const given = await readGiven(context, flags, "the passphrase", MAX_PASSPHRASE_LENGTH, attempted);
  if (given !== undefined) return flags.text === undefined ? withoutNewline(given) : given;
  const inherited = fromEnv ? context.env("AIVAULT_PASSPHRASE") : undefined;
  if (inherited !== undefined) {
    return textBytes(inherited, "AIVAULT_PASSPHRASE", "it has to be UTF-8 text", attempted);
  }
  const asked = await ask(context, isNew ? "New passphrase" : "Passphrase", attempted);
  if (asked === undefined) {
    throw new VaultError(
      "LOCKED",
      attempted,
      "a passphrase is needed, and there is no terminal to ask on",
      {
        hints: [
          `give it with ${flags.flag}-file <path|->${fromEnv ? " or in AIVAULT_PASSPHRASE" : ""}`,
          ...otherWays,
        ],
      },
    );
  }
  if (isNew) await askAgain(context, asked, attempted);
  return asked;
}

async function askAgain(context: CliContext, first: Uint8Array, attempted: string): Promise<void> {
  const second = await ask(context, "The same again", attempted) ?? new Uint8Array();
  const same = equalBytes(first, second);
  wipe(second);
  if (same) return;
  wipe(first);
  throw new VaultError("INVALID_INPUT", attempted, "the two passphrases differ", {
    hints: ["nothing was changed; try again"],
  });
}

function warnOfText(context: CliContext, { text, flag }: SecretFlags): void {
  if (text === undefined) return;
  warn(context, `other users can read ${flag} in the list of processes; ${flag}-file - is safer`);
}

function readFlags(
  context: CliContext,
  flags: SecretFlags,
  ...rest: [what: string, limit: number, attempted: string]
): Promise<Uint8Array | undefined> {
  warnOfText(context, flags);
  return readGiven(context, flags, ...rest);
}

async function readGiven(
  context: CliContext,
  flags: SecretFlags,
  what: string,
  limit: number,
  attempted: string,
): Promise<Uint8Array | undefined> {
  const { text, file, flag } = flags;
  if (text !== undefined && file !== undefined) {
    throw new VaultError(
      "INVALID_INPUT",
      attempted,
      `${flag} and ${flag}-file cannot both be given`,
    );
  }
  if (text !== undefined) {
    const otherWay = what === VALUE
      ? `give it as it is with ${flag}-file <path|->`
      : "it has to be UTF-8 text";
    return textBytes(text, flag, otherWay, attempted);
  }
  if (file === undefined) return undefined;
  const content = await context.readInput(file, what, limit);
  if (content.length <= limit) return content;
  wipe(content);
  throw new VaultError("INVALID_INPUT", attempted, `${what} is longer than ${limit} bytes`);
}

async function ask(
  context: CliContext,
  question: string,
  attempted: string,
): Promise<Uint8Array | undefined> {
  const terminal = await context.terminal();
  if (terminal === undefined) return undefined;
  const answer = await terminal.askHidden(question);
  if (answer !== undefined) return answer;
  throw new VaultError("INVALID_INPUT", attempted, "cancelled");
}

// Editors and `echo` end a file with a newline that is not part of the passphrase.
function withoutNewline(text: Uint8Array): Uint8Array {
  const newline = text.at(-1) === 0x0a ? (text.at(-2) === 0x0d ? 2 : 1) : 0;
  const trimmed = text.slice(0, text.length - newline);
  wipe(text);
  return trimmed;
}
