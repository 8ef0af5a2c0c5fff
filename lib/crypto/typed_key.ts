/**
 * A key as text that people write down and type: eight groups of eight characters.
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import { KEY_LENGTH } from "./aead.ts";
import { isBytes, wipe } from "./bytes.ts";

// Crockford's base32: no I, L, O and U, so that none is taken for 1, 0 or V.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS = 8;
/** Characters in a group: 4 bytes of the key and 1 of its check, 5 bits each. */
export const GROUP_LENGTH = 8;
const GROUP_BYTES = 4;
const HYPHEN = 0x2d;

/**
 * Writes `key` as `XXXXXXXX-XXXXXXXX-…`: in every group 4 bytes of the key and a check byte, in Crockford's
 * base32. The check finds every single mistyped character, every two neighbours that were swapped, and
 * every two groups that were swapped. The caller wipes the result.
 *
 * @param key 32 bytes. Not changed, not kept.
 * @returns 71 bytes of ASCII.
 */
export function formatTypedKey(key: Uint8Array): Uint8Array {
  const text = new Uint8Array(GROUPS * (GROUP_LENGTH + 1) - 1).fill(HYPHEN);
  for (let group = 0; group < GROUPS; group++) {
    const data = key.subarray(group * GROUP_BYTES, (group + 1) * GROUP_BYTES);
    let high = 0;
    for (const byte of data) high = high * 256 + byte;
    // 40 bits are more than the bitwise operators take.
    let bits = high * 256 + checkOf(group, data);
    for (let i = GROUP_LENGTH - 1; i >= 0; i--) {
      text[group * (GROUP_LENGTH + 1) + i] = ALPHABET.charCodeAt(bits % 32);
      bits = Math.floor(bits / 32);
    }
  }
  return text;
}

/**
 * Reads what {@linkcode formatTypedKey} wrote, as a person types it: in either case, with hyphens or
 * white space between groups or without, O for 0 and I or L for 1. The caller wipes the result.
 *
 * @param text UTF-8 bytes. Not changed, not kept.
 * @param attempted What the caller was doing, for the message.
 * @throws {VaultError} `INVALID_INPUT` that names the mistyped groups by number and never echoes them.
 */
export function parseTypedKey(text: Uint8Array, attempted: string): Uint8Array {
  if (!isBytes(text)) {
    throw new VaultError("INVALID_INPUT", attempted, "the recovery key is not a Uint8Array");
  }
  const groups = splitGroups(text);
  const key = new Uint8Array(KEY_LENGTH);
  const wrong: number[] = [];
  for (const [index, group] of groups.entries()) {
    const data = index < GROUPS ? readGroup(index, group) : undefined;
    if (data === undefined) wrong.push(index + 1);
    else key.set(data, index * GROUP_BYTES);
    wipe(group, data);
  }
  if (groups.length === GROUPS && wrong.length === 0) return key;
  wipe(key);
  throw new VaultError("INVALID_INPUT", attempted, problemOf(groups.length, wrong), {
    hints: [
      `a recovery key is ${GROUPS} groups of ${GROUP_LENGTH} characters; nothing was changed`,
    ],
  });
}

function problemOf(count: number, wrong: readonly number[]): string {
  if (count !== GROUPS) return `the recovery key has ${count} of ${GROUPS} groups`;
  return wrong.length === 1
    ? `group ${wrong[0]} of the recovery key was mistyped`
    : `groups ${wrong.join(", ")} of the recovery key were mistyped`;
}

/** The groups of `text`: between separators, or, without any, every eight characters. */
function splitGroups(text: Uint8Array): Uint8Array[] {
  const groups: Uint8Array[] = [];
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (i < text.length && !isSeparator(text[i] ?? HYPHEN)) continue;
    if (i > start) groups.push(text.slice(start, i));
    start = i + 1;
  }
  const [only] = groups;
  if (groups.length !== 1 || only === undefined) return groups;
  const cut: Uint8Array[] = [];
  for (let i = 0; i < only.length; i += GROUP_LENGTH) cut.push(only.slice(i, i + GROUP_LENGTH));
  wipe(only);
  return cut;
}

function isSeparator(byte: number): boolean {
  return byte === HYPHEN || byte <= 0x20;
}

function readGroup(index: number, group: Uint8Array): Uint8Array | undefined {
  if (group.length !== GROUP_LENGTH) return undefined;
  let bits = 0;
  for (const byte of group) {
    const digit = ALPHABET.indexOf(canonical(byte));
    if (digit < 0) return undefined;
    bits = bits * 32 + digit;
  }
  const check = bits % 256;
  let high = Math.floor(bits / 256);
  const data = new Uint8Array(GROUP_BYTES);
  for (let i = GROUP_BYTES - 1; i >= 0; i--) {
    data[i] = high % 256;
    high = Math.floor(high / 256);
  }
  if (checkOf(index, data) === check) return data;
  wipe(data);
  return undefined;
}

function canonical(byte: number): string {
  const character = String.fromCharCode(byte).toUpperCase();
  if (character === "O") return "0";
  return character === "I" || character === "L" ? "1" : character;
}

/**
 * CRC-8 with the polynomial x^8 + x^2 + x + 1 over the group's number and bytes. A changed character is a burst
 * of at most 5 bits, which every CRC-8 finds. Swapped neighbours differ by a multiple of x^5 + 1, which has no
 * factor of degree 7 in common with the polynomial, and a polynomial of degree 4 has none either.
 */
function checkOf(group: number, data: Uint8Array): number {
  let crc = 0;
  for (const byte of [group + 1, ...data]) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80) === 0 ? crc << 1 : (crc << 1) ^ 0x107;
  }
  return crc;
}
