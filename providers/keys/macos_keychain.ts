/**
 * The key provider `macos-keychain`: a key as base64 in a generic password of the user's Keychain.
 *
 * @module
 */
import * as v from "valibot";
import { concat, utf8, wipe } from "../../lib/crypto/bytes.ts";
import { VaultError } from "../../lib/errors.ts";
import type { KeyOption, KeyOptions, KeyProvider } from "../../lib/vault/keys/key_provider.ts";
import type { ProviderSettings } from "../../lib/vault/vault_row.ts";
import type { SecurityResult, SecurityRunner } from "../host/security_command.ts";
import { shellWord } from "../host/shell_word.ts";
import { checkKeyOptions } from "./key_options.ts";
import { commitKey, createKey, type KeyPlace, nextKey, readKey, stageKey } from "./stored_key.ts";

/** The longest service or account, in bytes of UTF-8. */
const MAX_NAME_LENGTH = 255;

const STAGED = ".next";
const COMMENT = "The key of an aivault vault. Without it only a recovery key opens the vault.";

const settingsSchema = v.object({
  type: v.literal("macos-keychain"),
  service: v.pipe(v.string(), v.check(isName)),
  account: v.pipe(v.string(), v.check(isAccount)),
});

const OPTIONS: readonly KeyOption[] = [
  option("keychain-service", "service", "aivault"),
  option("keychain-account", "account", "kek"),
];

/** What the `macos-keychain` provider needs. */
export interface MacosKeychainOptions {
  /** Runs the `security` command. */
  readonly run: SecurityRunner;
}

/**
 * Keeps the key in the default Keychain, made if absent and adopted if there. A rotation stages the new key in
 * the account `<account>.next` of the same service.
 *
 * The key text never stands in an argument list: it is written through `security -i`, which reads the command from
 * stdin, and read from stdout. The entry is an ordinary generic password, which no iCloud Keychain carries away.
 *
 * Its access list is left as `security` makes it, naming `security` alone: other programs that open the
 * entry have to ask the user, this one can go on without a window. `-T ""` would ask at every use and fail over
 * SSH, `-A` would let in every program, and any `-T` on an update asks for leave to change the list.
 *
 * Besides the errors of every provider: `KEY_UNAVAILABLE`, with what to do about it, if the Keychain is locked,
 * refuses or was told to refuse, or if there is no `security` command.
 *
 * @example
 * ```ts
 * import { macosKeychainProvider, securityCommand } from "@aivault/cli/providers";
 * import assert from "node:assert/strict";
 *
 * const provider = macosKeychainProvider({ run: securityCommand() });
 * assert.deepEqual(provider.options.map(({ name }) => name), ["keychain-service", "keychain-account"]);
 * ```
 */
export function macosKeychainProvider({ run }: MacosKeychainOptions): KeyProvider {
  const present = (settings: ProviderSettings) => entryPlace(run, entryOf(settings));
  const staged = (settings: ProviderSettings) => {
    const { service, account } = entryOf(settings);
    return entryPlace(run, { service, account: account + STAGED });
  };
  return {
    type: "macos-keychain",
    needsPassphrase: false,
    selfHeals: true,
    options: OPTIONS,
    async create(given) {
      checkKeyOptions(OPTIONS, given);
      const entry = entryFrom(given);
      return {
        ...await createKey(entryPlace(run, entry)),
        settings: { type: "macos-keychain", ...entry },
      };
    },
    async load(settings) {
      const key = await readKey(present(settings));
      if (key !== undefined) return key;
      throw missing(entryOf(settings));
    },
    next: async (settings, request) => ({ settings, kek: nextKey(request) }),
    stage: async (settings, kek) => await stageKey(staged(settings), kek),
    loadStaged: async (settings) => await readKey(staged(settings)),
    commit: async (settings) => await commitKey(present(settings), staged(settings)),
    discard: async (settings) => await staged(settings).remove(),
    retire: async (settings) => await present(settings).remove(),
    describe: (settings) => describe(entryOf(settings)),
  };
}

interface Entry {
  readonly service: string;
  readonly account: string;
}

function option(name: string, what: string, byDefault: string) {
  return {
    name,
    value: "<name>",
    description: `${what} of the Keychain entry (default: ${byDefault})`,
  };
}

function entryFrom(given: KeyOptions): Entry {
  const { "keychain-service": service = "aivault", "keychain-account": account = "kek" } = given;
  const attempted = "initialise the vault";
  const rule = `must have 1 to ${MAX_NAME_LENGTH} bytes and no control characters`;
  if (!isName(service)) {
    throw new VaultError("INVALID_INPUT", attempted, `--keychain-service ${rule}`);
  }
  if (isAccount(account)) return { service, account };
  throw new VaultError(
    "INVALID_INPUT",
    attempted,
    `--keychain-account ${rule}, nor end in ${STAGED}`,
  );
}

function entryOf(settings: ProviderSettings): Entry {
  const parsed = v.safeParse(settingsSchema, settings);
  if (parsed.success) return { service: parsed.output.service, account: parsed.output.account };
  throw new VaultError(
    "INTEGRITY",
    "read the vault's key",
    "the settings of the Keychain entry are damaged",
  );
}

// A line feed would begin a second command of `security -i`, a NUL would end an argument, and a long
// name would make a line of more than the 4,095 bytes that it reads at once.
function isName(name: string): boolean {
  const length = utf8(name).length;
  return length > 0 && length <= MAX_NAME_LENGTH && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(name);
}

function isAccount(name: string): boolean {
  return isName(name) && !name.endsWith(STAGED);
}

function describe({ service, account }: Entry): string {
  return `Keychain entry ${JSON.stringify(account)} of service ${JSON.stringify(service)}`;
}

function entryPlace(run: SecurityRunner, entry: Entry): KeyPlace {
  const names = ["-s", entry.service, "-a", entry.account];
  return {
    description: describe(entry),
    async read() {
      const { exitCode, stdout } = await run(["find-generic-password", ...names, "-w"]);
      if (exitCode === status.done) return stdout;
      wipe(stdout);
      if (exitCode === status.notFound) return undefined;
      throw refused("read the vault's key", entry, exitCode);
    },
    async create(text) {
      const ended = await add(run, entry, text);
      if (ended === status.done) return true;
      if (ended === status.duplicate) return false;
      throw refused("write the vault's key", entry, ended);
    },
    async replace(text) {
      const ended = await add(run, entry, text, "-U");
      if (ended !== status.done) throw refused("write the vault's key", entry, ended);
    },
    async remove() {
      const { exitCode } = await run(["delete-generic-password", ...names]);
      if (exitCode === status.done || exitCode === status.notFound) return;
      throw refused("remove the vault's key", entry, exitCode);
    },
  };
}

/** Low bytes of the statuses of the Security framework, as `security` ends with them. */
const status = {
  done: 0,
  locked: 36,
  notFound: 44,
  duplicate: 45,
  denied: 51,
  cancelled: 128,
} as const;

async function add(
  run: SecurityRunner,
  entry: Entry,
  text: Uint8Array,
  ...flags: string[]
): Promise<number> {
  const words = [
    ...flags,
    "-s",
    quoted(entry.service),
    "-a",
    quoted(entry.account),
    "-j",
    quoted(COMMENT),
    "-w",
  ];
  const line = concat(utf8(`add-generic-password ${words.join(" ")} "`), text, utf8(`"\n`));
  try {
    return endOf(await run(["-i"], line));
  } finally {
    wipe(line);
  }
}

// In double quotes `security -i` takes every byte as it is, but for the quote and the backslash.
function quoted(word: string): string {
  return `"${word.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

// Interactive mode names a failed command on stderr; that it also ends with its status is not documented.
function endOf({ exitCode, stderr }: SecurityResult): number {
  const said = /\badd-generic-password: returned (-?\d+)/.exec(stderr)?.[1];
  return said === undefined ? exitCode : (Number(said) & 0xff) || exitCode || 1;
}

function missing(entry: Entry): VaultError {
  const names = `-s ${shellWord(entry.service)} -a ${shellWord(entry.account)}`;
  return new VaultError(
    "KEY_MISSING",
    "read the vault's key",
    `${describe(entry)} does not exist`,
    {
      hints: [
        `look for it with: security find-generic-password ${names}`,
        "restore the login Keychain from a backup, or enter a copy of the key with: " +
        `security add-generic-password ${names} -w`,
      ],
    },
  );
}

function refused(attempted: string, entry: Entry, ended: number): VaultError {
  const unlock = "unlock the login Keychain with: security unlock-keychain";
  const allow = `let security use ${
    describe(entry)
  }: open it in Keychain Access, under Access Control`;
  const known: Readonly<Record<number, readonly [string, ...string[]]>> = {
    [status.locked]: [
      "the Keychain is locked and may not ask for its password in this session",
      unlock,
    ],
    // An update that was refused ends as an addition that finds the entry there.
    [status.duplicate]: [`the Keychain did not let ${describe(entry)} be changed`, unlock, allow],
    [status.denied]: ["the Keychain refused, because authorisation failed", unlock, allow],
    [status.cancelled]: [
      "the Keychain's question was cancelled",
      "try again, and allow the use when it asks",
    ],
  };
  const [problem, ...hints] = known[ended] ??
    [
      `the security command ended with ${ended}`,
      "see which Keychain it uses: security default-keychain",
    ];
  return new VaultError("KEY_UNAVAILABLE", attempted, problem, { hints });
}
