/**
 * What the providers share that keep a key as text in two places: the present one, and the staged one
 * that a rotation prepares. The order of the steps is here once; the places are given.
 *
 * @module
 */
import { KEY_LENGTH } from "../../lib/crypto/aead.ts";
import { equalBytes, randomBytes, wipe } from "../../lib/crypto/bytes.ts";
import {
  formatKeyText,
  NEW_KEY_HINT,
  OWN_KEY_HINT,
  parseKeyText,
} from "../../lib/crypto/key_text.ts";
import { VaultError } from "../../lib/errors.ts";
import { ownKek } from "../../lib/vault/keys/own_key.ts";
import type { NextKeyRequest } from "../../lib/vault/keys/key_provider.ts";

/** A place that holds one key text. */
export interface KeyPlace {
  /** Where it is, for people. */
  readonly description: string;
  /** The text; `undefined` if there is none. The caller wipes it. */
  read(): Promise<Uint8Array | undefined>;
  /** Writes the text durably; `false`, changing nothing, if there is one already. */
  create(text: Uint8Array): Promise<boolean>;
  /** Writes the text durably in the place of whatever is there, in one step. */
  replace(text: Uint8Array): Promise<void>;
  /** Removes the text, if there is one. */
  remove(): Promise<void>;
}

/** The key in `place`; `undefined` if there is none. The caller wipes it. */
export async function readKey(
  place: KeyPlace,
  hint: string = OWN_KEY_HINT,
): Promise<Uint8Array | undefined> {
  const text = await place.read();
  if (text === undefined) return undefined;
  try {
    return parseKeyText(text, "read the vault's key", place.description, "KEY_UNUSABLE", hint);
  } finally {
    wipe(text);
  }
}

/** Makes a key in `place`, or adopts the one that is there. The caller wipes it. */
export async function createKey(place: KeyPlace): Promise<{ kek: Uint8Array; adopted: boolean }> {
  const living = await readKey(place, NEW_KEY_HINT);
  if (living !== undefined) return { kek: living, adopted: true };
  const kek = randomBytes(KEY_LENGTH);
  try {
    const created = await withText(kek, (text) => place.create(text));
    if (created) return { kek: await confirmed(place, kek), adopted: false };
  } catch (error) {
    wipe(kek);
    throw error;
  }
  // Somebody else made one in between: theirs is the key.
  wipe(kek);
  const theirs = await readKey(place, NEW_KEY_HINT);
  if (theirs !== undefined) return { kek: theirs, adopted: true };
  throw new VaultError("KEY_UNAVAILABLE", "make a key", `${place.description} came and went`);
}

/** The requested key, or a random one. The caller wipes it. */
export function nextKey(request: NextKeyRequest): Uint8Array {
  return request.newKey === undefined ? randomBytes(KEY_LENGTH) : ownKek(request.newKey);
}

/** Keeps `kek` in the staged place. */
export async function stageKey(staged: KeyPlace, kek: Uint8Array): Promise<void> {
  const own = ownKek(kek);
  try {
    await withText(own, (text) => staged.replace(text));
    await confirmed(staged, own);
  } finally {
    wipe(own);
  }
}

/** Puts the staged key in the present place, then removes it from the staged one. */
export async function commitKey(present: KeyPlace, staged: KeyPlace): Promise<void> {
  const kek = await readKey(staged);
  if (kek === undefined) return;
  try {
    await withText(kek, (text) => present.replace(text));
    await confirmed(present, kek);
  } finally {
    wipe(kek);
  }
  await staged.remove();
}

async function withText<T>(kek: Uint8Array, work: (text: Uint8Array) => Promise<T>): Promise<T> {
  const text = formatKeyText(kek);
  try {
    return await work(text);
  } finally {
    wipe(text);
  }
}

// What was written is read back: a key that cannot be read again would take every secret with it.
async function confirmed(place: KeyPlace, kek: Uint8Array): Promise<Uint8Array> {
  const found = await readKey(place);
  const same = found !== undefined && equalBytes(found, kek);
  wipe(found);
  if (same) return kek;
  throw new VaultError(
    "KEY_UNAVAILABLE",
    "write the vault's key",
    `${place.description} did not keep it`,
  );
}
