/**
 * A stand-in for the `security` command of macOS, for machines that have none.
 *
 * It is written from Apple's documentation (the manual page security(1)) and from the published source of
 * SecurityTool, and does no more than aivault needs: `add-generic-password`, `find-generic-password`,
 * `delete-generic-password`, alone or in interactive mode. It is stricter than the original: an option or operand
 * that it does not know fails. The same suite runs against the original where there is one.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** One generic password. */
export interface FakeEntry {
  readonly service: string;
  readonly account: string;
  password: string;
  comment: string;
}

/** How the Keychain behaves. */
export type FakeBehaviour =
  | "normal"
  /** Locked in a session without windows: it may not ask. */
  | "locked"
  /** The user or the access list says no. */
  | "denied"
  /** The user closes the question. */
  | "cancelled"
  /** The Keychain's file cannot be written. */
  | "read-only"
  /** Says that it wrote, and did not. */
  | "forgets"
  /** Ends with 0 in interactive mode whatever the commands said. */
  | "ends-with-0";

/** What there is, and how it behaves. */
export interface FakeKeychain {
  entries: FakeEntry[];
  behaviour: FakeBehaviour;
}

/** How a run ended. */
export interface FakeResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A fresh, empty Keychain. */
export function fakeKeychain(): FakeKeychain {
  return { entries: [], behaviour: "normal" };
}

// Statuses of the Security framework (SecBase.h), and two of the command itself.
const DONE = 0;
const FAILED = 1;
const USAGE = 2;
const WRITE_PERMISSION = -61;
const CANCELLED = -128;
const AUTH_FAILED = -25293;
const DUPLICATE = -25299;
const NOT_FOUND = -25300;
const INTERACTION_NOT_ALLOWED = -25308;

const refusals: Partial<Record<FakeBehaviour, readonly [status: number, text: string]>> = {
  locked: [INTERACTION_NOT_ALLOWED, "User interaction is not allowed."],
  denied: [AUTH_FAILED, "The user name or passphrase you entered is not correct."],
  cancelled: [CANCELLED, "User canceled the operation."],
};

interface Output {
  stdout: string;
  stderr: string;
}

/** Runs `security` with `args` and `stdin`. */
export function fakeSecurity(
  keychain: FakeKeychain,
  args: readonly string[],
  stdin: Uint8Array,
): FakeResult {
  const output: Output = { stdout: "", stderr: "" };
  const isInteractive = args.length === 1 && args[0] === "-i";
  const status = isInteractive
    ? interact(keychain, stdin, output)
    : execute(keychain, args, output);
  const exitCode = isInteractive && keychain.behaviour === "ends-with-0" ? 0 : status & 0xff;
  return { exitCode, ...output };
}

function interact(keychain: FakeKeychain, stdin: Uint8Array, output: Output): number {
  let status = DONE;
  for (const line of linesOf(stdin)) {
    const words = wordsOf(line);
    if (words.length === 0) {
      status = DONE;
      continue;
    }
    status = execute(keychain, words, output);
    if (status !== DONE) output.stderr += `${words[0]}: returned ${status}\n`;
  }
  return status;
}

// Lines have at most 4,095 bytes, longer ones go on as the next; one that ends without a line feed is dropped.
function linesOf(stdin: Uint8Array): string[] {
  const lines: string[] = [];
  let line: number[] = [];
  const flush = (): void => {
    lines.push(Buffer.from(line).toString());
    line = [];
  };
  for (const byte of stdin) {
    if (line.length === 4095) flush();
    if (byte === 0x0a) flush();
    else line.push(byte);
  }
  return lines;
}

// Words are parted by white space. One that begins with a quote ends at the next one, and a backslash
// takes the character after it as it is, inside quotes and outside.
function wordsOf(line: string): string[] {
  const words: string[] = [];
  const isSpace = (at: number): boolean => /[ \t\n\v\f\r]/.test(line.charAt(at));
  let at = 0;
  while (at < line.length) {
    if (isSpace(at)) {
      at++;
      continue;
    }
    const quote = /["']/.test(line.charAt(at)) ? line.charAt(at++) : "";
    let word = "";
    for (; at < line.length && (quote === "" ? !isSpace(at) : line.charAt(at) !== quote); at++) {
      if (line.charAt(at) === "\\") at++;
      word += line.charAt(at);
    }
    at++;
    words.push(word);
  }
  return words;
}

function execute(
  keychain: FakeKeychain,
  [command = "", ...args]: readonly string[],
  output: Output,
): number {
  const accepted = {
    "add-generic-password": "a:s:j:w:U",
    "find-generic-password": "a:s:w",
    "delete-generic-password": "a:s:",
  };
  const options = command in accepted
    ? optionsOf(args, accepted[command as keyof typeof accepted])
    : undefined;
  if (!(command in accepted)) return complain(output, `unknown command "${command}"`, FAILED);
  const { s: service, a: account } = options ?? {};
  if (options === undefined || service === undefined || account === undefined) {
    output.stderr += `Usage: ${command} [-a account] [-s service] ...\n`;
    return USAGE;
  }
  const entry = keychain.entries.find((one) => one.service === service && one.account === account);
  if (command === "find-generic-password") return find(keychain, entry, "w" in options, output);
  if (command === "delete-generic-password") return remove(keychain, entry, output);
  const { w: password, j: comment = "" } = options;
  // The original would ask on the terminal, or keep an empty password.
  if (password === undefined) {
    return complain(output, "the stand-in needs -w with a password", FAILED);
  }
  return add(keychain, entry, { service, account, password, comment }, "U" in options, output);
}

// As getopt(3): single letters, one with a colon takes what follows it or the next argument. No operands here.
function optionsOf(args: readonly string[], accepted: string): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? "";
    if (!/^-./.test(word)) return undefined;
    for (let letter = 1; letter < word.length; letter++) {
      const name = word.charAt(letter);
      const place = accepted.indexOf(name);
      if (place < 0 || name === ":") return undefined;
      if (accepted.charAt(place + 1) !== ":") {
        found[name] = "";
        continue;
      }
      const value = letter + 1 < word.length ? word.slice(letter + 1) : args[++at];
      if (value === undefined) return undefined;
      found[name] = value;
      break;
    }
  }
  return found;
}

function find(
  keychain: FakeKeychain,
  entry: FakeEntry | undefined,
  withPassword: boolean,
  output: Output,
): number {
  if (entry === undefined) return notFound(output);
  if (!withPassword) return DONE;
  const refusal = refusals[keychain.behaviour];
  if (refusal !== undefined) return refusal[0];
  const isPrintable = /^[ -~]*$/.test(entry.password);
  output.stdout += `${
    isPrintable ? entry.password : Buffer.from(entry.password).toString("hex")
  }\n`;
  return DONE;
}

function remove(keychain: FakeKeychain, entry: FakeEntry | undefined, output: Output): number {
  if (entry === undefined) return notFound(output);
  output.stdout += `class: "genp"\n`;
  output.stderr += "password has been deleted.\n";
  const refusal = refusals[keychain.behaviour];
  if (refusal !== undefined) return refusal[0];
  if (keychain.behaviour === "read-only") return WRITE_PERMISSION;
  keychain.entries = keychain.entries.filter((one) => one !== entry);
  return DONE;
}

// An update that fails goes on as an addition, which then finds the entry there.
function add(
  keychain: FakeKeychain,
  entry: FakeEntry | undefined,
  wanted: FakeEntry,
  isUpdate: boolean,
  output: Output,
): number {
  const refusal = keychain.behaviour === "read-only"
    ? [WRITE_PERMISSION, "Write permissions error."] as const
    : refusals[keychain.behaviour];
  const forgets = keychain.behaviour === "forgets";
  if (isUpdate && entry !== undefined) {
    if (refusal === undefined) {
      if (!forgets) Object.assign(entry, wanted);
      return DONE;
    }
    complain(output, `SecKeychainItemModifyContent: ${refusal[1]}`, refusal[0]);
  }
  const create = (text: string, status: number): number =>
    complain(output, `SecKeychainItemCreateFromContent (<default>): ${text}`, status);
  if (keychain.behaviour === "locked" && refusal !== undefined) {
    return create(refusal[1], refusal[0]);
  }
  if (entry !== undefined) {
    return create("The specified item already exists in the keychain.", DUPLICATE);
  }
  if (refusal !== undefined) return create(refusal[1], refusal[0]);
  if (!forgets) keychain.entries.push(wanted);
  return DONE;
}

function notFound(output: Output): number {
  const text = "SecKeychainSearchCopyNext: The specified item could not be found in the keychain.";
  return complain(output, text, NOT_FOUND);
}

function complain(output: Output, text: string, status: number): number {
  output.stderr += `security: ${text}\n`;
  return status;
}
