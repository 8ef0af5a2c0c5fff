/**
 * Rules for the short texts that people choose: names, aliases, workspace and group ids.
 *
 * @module
 */
import { REPLACEMENT } from "../crypto/bytes.ts";
import { VaultError } from "../errors.ts";

/** The most characters (code points) a name, alias, workspace id or group id may have. */
const MAX_TEXT_LENGTH = 255;

// Controls, line separators, and marks that reorder what a terminal shows.
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether `text` has the form of a secret id (RFC 9562 UUID). */
export function isSecretId(text: string): boolean {
  return uuid.test(text);
}

/**
 * Checks a text that a person chose and puts it into Unicode normalisation form C.
 *
 * @param what What the text is, for the message: `"name"`, `"workspace id"` …
 * @throws {VaultError} `INVALID_INPUT` if it is empty, longer than 255 characters, not well-formed (U+FFFD, which
 * stands for what was not, included), has control or direction-changing characters, or begins or ends with white space.
 */
export function checkText(text: string, what: string, attempted: string): string {
  const problem = textProblem(text);
  if (problem !== undefined) {
    throw new VaultError("INVALID_INPUT", attempted, `the ${what} ${problem}`);
  }
  return text.normalize("NFC");
}

/**
 * {@linkcode checkText} for names and aliases, which must also not look like an id: a name
 * could otherwise stand in for another secret.
 *
 * @throws {VaultError} `INVALID_INPUT`
 */
export function checkName(name: string, what: string, attempted: string): string {
  const checked = checkText(name, what, attempted);
  if (isSecretId(checked) || checked.startsWith("vault:")) {
    throw new VaultError("INVALID_INPUT", attempted, `the ${what} looks like a secret id`);
  }
  return checked;
}

/** `text` in quotes, for a message. What a caller gives in its place is not shown: it may be a value. */
export function quoted(text: string): string {
  return typeof text === "string" ? JSON.stringify(text) : "(no text)";
}

function textProblem(text: string): string | undefined {
  if (typeof text !== "string") return "is not text";
  if (text === "") return "is empty";
  // Many texts on disk would read as one that holds it.
  if (!text.isWellFormed() || text.includes(REPLACEMENT)) return "is not well-formed Unicode";
  if ([...text.normalize("NFC")].length > MAX_TEXT_LENGTH) {
    return `is longer than ${MAX_TEXT_LENGTH} characters`;
  }
  if (unprintable.test(text)) return "has control characters";
  if (text.trim() !== text) return "begins or ends with white space";
  return undefined;
}

/** Orders texts by code point, which is also the order of their UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
