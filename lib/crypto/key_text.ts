/**
 * Keys as text: base64 of exactly 32 bytes.
 *
 * @module
 */
import { VaultError } from "../errors.ts";
import { KEY_LENGTH } from "./aead.ts";
import { fromBase64, fromUtf8, toBase64, utf8, wipe } from "./bytes.ts";

/** The hint for somebody who has no key yet. */
export const NEW_KEY_HINT =
  "a key is base64 of exactly 32 bytes; make one with: head -c 32 /dev/urandom | base64";
/** The hint for somebody who has a vault: whoever puts a new key in the place of a damaged one loses both. */
export const OWN_KEY_HINT =
  "it must be the vault's own key, base64 of exactly 32 bytes: a new one does not open the vault";

/**
 * Reads a key written as text. Surrounding white space is ignored; standard and
 * url alphabets, padded or not, are read. The caller wipes the result.
 *
 * @param text UTF-8 bytes or a string, as the source gives it.
 * @param attempted What the caller was doing, for the message.
 * @param source Where the text comes from, for the message. The text itself is never echoed.
 * @param code What a bad key text means to the caller: a bad key at its source, or bad input.
 * @param hint What to do about one. Default: {@linkcode NEW_KEY_HINT}.
 * @throws {VaultError} `code` if it is not base64 of exactly 32 bytes.
 */
export function parseKeyText(
  text: string | Uint8Array,
  attempted: string,
  source: string,
  code: "KEY_UNUSABLE" | "INVALID_INPUT" = "KEY_UNUSABLE",
  hint: string = NEW_KEY_HINT,
): Uint8Array {
  const unusable = (problem: string): VaultError =>
    new VaultError(code, attempted, problem, { hints: [hint] });
  const string = typeof text === "string" ? text : fromUtf8(text);
  if (string === undefined || string.trim() === "") {
    throw unusable(`${source} ${string === undefined ? "is not text" : "is empty"}`);
  }
  const key = fromBase64(string.trim());
  if (key === undefined) throw unusable(`${source} is not base64`);
  if (key.length !== KEY_LENGTH) {
    const length = key.length;
    wipe(key);
    throw unusable(`${source} holds ${length} bytes, a key has ${KEY_LENGTH}`);
  }
  return key;
}

/** The text form of `key` that {@linkcode parseKeyText} reads, as bytes. The caller wipes it. */
export function formatKeyText(key: Uint8Array): Uint8Array {
  // btoa only speaks strings, so one copy of the text stays with the garbage collector.
  return utf8(toBase64(key));
}
